import assert from 'node:assert/strict';
import { once } from 'node:events';
import { access, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { after, afterEach, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { startDemo } from './demo.mjs';
import { launch, Person, PHONE } from './page.mjs';

let demo;
let browser;
let people = [];
let screenshots;

/**
 * What every example's chat must do: they are the same chat on different frameworks.
 *
 * @param {string} example the folder's name in examples/
 */
export function chatOf(example) {
    // The documents show one of them.
    screenshots = example === 'symfony-chat';
    describe(example, () => {
        hooks(example, { CHAT_WRITES: 'orm' });
        tests();
    });
    describe(`${example} that writes by its API`, () => {
        hooks(example, { CHAT_WRITES: 'api' });
        apiTests();
    });
}

function hooks(example, environment) {
    before(async () => {
        demo = await startDemo(example, environment);
        browser = await launch();
    });

    after(async () => {
        await browser?.close();
        assert.equal(await demo?.stop(), 0, 'the demo ends in order');
    });

    afterEach(async () => {
        const left = people;
        people = [];
        await Promise.all(left.map((person) => person.leave()));
    });
}

async function open(...screen) {
    const person = await Person.open(browser, demo.url, ...screen);
    people.push(person);
    return person;
}

async function enter(name, ...screen) {
    const person = await open(...screen);
    await person.signIn(name);
    await person.connected();
    return person;
}

async function screenshot(person, name) {
    if (screenshots) {
        await person.screenshot(name);
    }
}

async function request(method, path, body, token) {
    const response = await fetch(demo.url + path, {
        method,
        headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
        body: body && JSON.stringify(body),
    });
    assert.ok(response.ok, `${path}: ${response.status}`);
    return response.json();
}

async function post(path, body, token) {
    return request('POST', path, body, token);
}

/** A user's token, from outside of any page. */
async function tokenOf(name) {
    return (await post('/api/login', { username: name, password: name })).token;
}

/** Waits for a file in the data folder. */
async function made(name) {
    const there = () => access(`${demo.data}/${name}`).then(() => true, () => false);
    for (const deadline = Date.now() + 20_000; !await there();) {
        assert.ok(Date.now() < deadline, `there is no ${name}`);
        await pause(20);
    }
}

/** The status that refuses a handshake, or 101. */
function handshakeStatus(url, subprotocols) {
    return new Promise((resolve, reject) => {
        const socket = new WebSocket(url, subprotocols);
        socket.on('unexpected-response', (request, response) => { request.destroy(); resolve(response.statusCode); });
        socket.on('open', () => { socket.terminate(); resolve(101); });
        socket.on('error', reject);
    });
}

function tests() {
    test('two people see each other and each other\'s messages', async () => {
        const alice = await enter('alice');
        await alice.sees('Alice');
        const bob = await enter('bob', PHONE);
        await alice.sees('Alice', 'Bob');
        await bob.sees('Alice', 'Bob');

        await alice.say('Is anybody on board?');
        assert.equal(await bob.reads('Is anybody on board?'), 1);
        await bob.say('Yes, on the upper deck.');
        assert.equal(await alice.reads('Yes, on the upper deck.'), 1);
        assert.equal(await alice.reads('Is anybody on board?'), 1, 'the sender sees a message once');
        await alice.say('Then wave when we pass the lighthouse!');
        assert.equal(await bob.reads('Then wave when'), 1);
        await screenshot(alice, 'chat');
        await screenshot(bob, 'chat-phone');
    });

    test('who leaves disappears from the list', async () => {
        const alice = await enter('alice');
        const bob = await enter('bob');
        await alice.sees('Alice', 'Bob');
        await bob.page.click('#sign-out');
        await alice.sees('Alice');
    });

    test('messages are there after a reload', async () => {
        const alice = await enter('alice');
        await alice.say('Remember this.');
        await alice.reads('Remember this.');
        await alice.page.reload();
        await alice.connected();
        assert.equal(await alice.reads('Remember this.'), 1);
    });

    test('a controller reaches every page while a handler sleeps', async () => {
        const alice = await enter('alice');
        const bob = await enter('bob');
        const sleeper = new WebSocket(`${demo.wire.address}/sleep`, ['bearer', await tokenOf('bob')]);
        await once(sleeper, 'open');
        const woken = once(sleeper, 'message');
        sleeper.send('{"type":"sleep","id":1}');
        await made('asleep');

        await post('/api/messages', { text: 'Hear this.' }, await tokenOf('bob'));
        assert.equal(await alice.reads('Hear this.'), 1);
        assert.equal(await bob.reads('Hear this.'), 1);

        // Only now: the handler slept until both pages had it.
        await writeFile(`${demo.data}/wake`, '');
        assert.deepEqual(JSON.parse((await woken)[0]), { type: 'reply', id: 1, data: { woken: true } });
        sleeper.terminate();
    });

    test('a page that was cut off gets what it missed', async () => {
        const token = await tokenOf('bob');
        const alice = await enter('alice');
        const written = [];
        const write = async (text) => {
            written.push(text);
            await post('/api/messages', { text }, token);
        };
        const shown = async () => (await alice.texts()).filter((text) => text.startsWith('missed '));

        // More than the page of the history that a new window gets.
        demo.wire.unplug();
        await alice.disconnected();
        while (written.length < 60) {
            await write(`missed ${written.length + 1}`);
        }
        assert.deepEqual(await shown(), []);
        demo.wire.plug();
        await alice.online();
        await alice.connected();
        await alice.reads(/^missed 60$/);
        assert.deepEqual(await shown(), written);

        // Cut by chance while others write.
        while (written.length < 90) {
            await write(`missed ${written.length + 1}`);
            if (Math.random() < 0.2 || written.length === 75) {
                demo.wire.cut();
            }
        }
        await alice.reads(/^missed 90$/);
        assert.deepEqual(await shown(), written);
    });

    test('a message that is refused goes back to where it was written', async () => {
        const alice = await enter('alice');
        await alice.page.fill('#composer textarea', 'x');
        await alice.page.evaluate(() => { document.querySelector('#composer textarea').maxLength = 9000; });
        await alice.say('y'.repeat(2001));
        await alice.page.waitForFunction(() => document.querySelector('#composer .notice').textContent !== '');
        assert.equal(await alice.page.inputValue('#composer textarea'), 'y'.repeat(2001));
    });

    test('markup in a message is shown as text', async () => {
        const alice = await enter('alice');
        const bob = await enter('bob');
        await alice.say('<img src=x onerror="throw new Error(1)"><b>bold</b>');
        assert.equal(await bob.reads('<b>bold</b>'), 1);
        assert.equal(await bob.page.locator('#messages img, #messages .text b').count(), 0);
    });

    test('a wrong password is refused', async () => {
        const mallory = await open();
        await mallory.signIn('alice', 'bob');
        await mallory.page.getByText('User name or password is wrong.').waitFor();
    });

    test('a bad token is refused before the upgrade', async () => {
        const alice = await enter('alice');
        const { url, token } = await alice.page.evaluate(async () => ({
            url: (await (await fetch('/api/config')).json()).websocketUrl,
            token: JSON.parse(sessionStorage.getItem('session')).token,
        }));
        const [head, claims, signature] = token.split('.');
        const forged = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(claims, 'base64url')), sub: 'bob' })).toString('base64url');

        assert.equal(await handshakeStatus(url, ['bearer', token]), 101);
        assert.equal(await handshakeStatus(url, ['bearer', `${head}.${forged}.${signature}`]), 401, 'claims that were not signed');
        assert.equal(await handshakeStatus(url, ['bearer', 'nonsense']), 401);
        assert.equal(await handshakeStatus(url, []), 401, 'no token');

        const events = await alice.page.evaluate((address) => new Promise((resolve) => {
            const seen = [];
            const socket = new WebSocket(address, ['bearer', 'nonsense']);
            socket.onopen = () => seen.push('open');
            socket.onerror = () => seen.push('error');
            socket.onclose = (event) => resolve([...seen, `close ${event.code}`]);
        }), url);
        assert.deepEqual(events, ['error', 'close 1006'], 'the page sees a failed connection');
    });

    test('a page whose token is bad asks to sign in again', async () => {
        const alice = await enter('alice');
        await alice.page.evaluate(() => {
            const session = JSON.parse(sessionStorage.getItem('session'));
            sessionStorage.setItem('session', JSON.stringify({ ...session, token: 'nonsense' }));
        });
        await alice.page.reload();
        await alice.page.getByText('Your session has ended. Please sign in again.').waitFor();
    });

    test('nothing is wider than a phone\'s screen', async () => {
        const alice = await open(PHONE);
        assert.equal(await alice.overflow(), 0, 'sign-in');
        await screenshot(alice, 'sign-in-phone');
        await alice.signIn('alice');
        await alice.connected();
        await alice.say(`https://example.org/${'long/'.repeat(60)}`);
        await alice.reads('https://example.org/');
        assert.equal(await alice.overflow(), 0, 'chat');
        const bob = await enter('bob');
        await bob.say('Mind the gap.');
        await alice.reads('Mind the gap.');
        assert.equal(await alice.overflow(), 0, 'chat of two');
    });
}

function apiTests() {
    test('each message has its author, on every page and after a reload', async () => {
        const alice = await enter('alice');
        const bob = await enter('bob');
        const written = [['Alice', 'Who is at the helm?'], ['Bob', 'I am.'], ['Bob', 'Since noon.'], ['Alice', 'Steady as she goes.']];

        for (const [author, text] of written) {
            await (author === 'Alice' ? alice : bob).say(text);
            await alice.reads(text);
            await bob.reads(text);
        }
        assert.deepEqual(await alice.signed(), written);
        assert.deepEqual(await bob.signed(), written);

        for (const person of [alice, bob]) {
            await person.page.reload();
            await person.connected();
            await person.reads('Steady as she goes.');
            assert.deepEqual(await person.signed(), written);
        }
        // As the database has them, in the web server's process.
        const { messages } = await request('GET', '/api/messages', undefined, await tokenOf('bob'));
        assert.deepEqual(messages.map(({ author, text }) => [author.username, text]), written.map(([name, text]) => [name.toLowerCase(), text]));
    });

    test('what the API refuses goes back to where it was written', async () => {
        const bob = await enter('bob');
        await bob.page.evaluate(() => { document.querySelector('#composer textarea').maxLength = 9000; });
        await bob.say('y'.repeat(2001));
        await bob.page.waitForFunction(() => document.querySelector('#composer .notice').textContent !== '');
        assert.equal(await bob.page.inputValue('#composer textarea'), 'y'.repeat(2001));
    });
}
