// The page of the chat. Everything that others wrote is set as text, never as HTML.

import { ConnectionLostError, FerryClient } from './ferry.js';

const $ = (selector) => document.querySelector(selector);
const signIn = $('#sign-in');
const chat = $('#chat');
const scroller = $('#scroller');
const list = $('#messages');
const composer = $('#composer');
const textarea = composer.elements.text;

// Per tab, so that two tabs can be two people.
const session = {
    get: () => JSON.parse(sessionStorage.getItem('session') ?? 'null'),
    set: (value) => sessionStorage.setItem('session', JSON.stringify(value)),
    clear: () => sessionStorage.removeItem('session'),
};

const PAGE = 50;
const EXPIRED = 4401;

let client = null;
let messages = []; // oldest first
let people = new Map(); // by username
let pinned = true; // the newest message is in view
let waiting = false; // for the answer to a message

async function api(path, options = {}) {
    const token = session.get()?.token;
    const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
    const response = await fetch(path, { ...options, headers });
    const body = await response.json().catch(() => ({}));

    if (!response.ok) {
        throw Object.assign(new Error(body.error ?? `The server answered ${response.status}.`), { status: response.status });
    }

    return body;
}

// Sign in and out

function notice(form, text) {
    const element = form.querySelector('.notice');
    element.textContent = text ?? '';
    element.hidden = !text;
}

function showSignIn(reason) {
    session.clear();
    disconnect();
    signIn.hidden = false;
    chat.hidden = true;
    notice(signIn, reason);
    signIn.querySelector('[name=username]').focus();
}

function showChat() {
    signIn.hidden = true;
    chat.hidden = false;
    messages = [];
    people = new Map();
    draw();
    connect();
}

signIn.querySelector('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector('.primary');
    button.disabled = true;

    try {
        session.clear();
        session.set(await api('/api/login', { method: 'POST', body: JSON.stringify(Object.fromEntries(new FormData(form))) }));
        form.elements.password.value = '';
        notice(signIn);
        showChat();
    } catch (error) {
        notice(signIn, error.status === 401 ? 'User name or password is wrong.' : `Signing in failed: ${error.message}`);
    } finally {
        button.disabled = false;
    }
});

for (const button of document.querySelectorAll('[data-account]')) {
    button.addEventListener('click', () => {
        const form = button.closest('form');
        form.elements.username.value = form.elements.password.value = button.dataset.account;
        form.requestSubmit();
    });
}

$('#sign-out').addEventListener('click', () => showSignIn());

// The connection

function status(state, text) {
    const element = $('.status');
    element.dataset.state = state;
    element.querySelector('span').textContent = text;
    updateSend();
}

function disconnect() {
    const old = client;
    client = null; // its events are ignored from here on
    old?.close();
}

function connect() {
    disconnect();
    status('connecting', 'Connecting');

    // Browsers set no headers on a WebSocket: the token travels as a subprotocol, which no log of a proxy shows as an address.
    const mine = client = new FerryClient(async () => (await api('/api/config')).websocketUrl, { token: () => session.get().token });
    const lobby = mine.room('lobby');
    let reason = 'Offline';
    let known = false; // whether the history is here; from then on the server sends what was missed

    const listen = (type, listener) => mine.addEventListener(type, (event) => mine === client && listener(event));
    const on = (type, listener) => mine.on(type, (data) => mine === client && listener(data));

    const load = async () => {
        known = true;

        try {
            const { messages: recent } = await mine.request('history');
            mine === client && show(recent);
        } catch {
            known = false; // cut off again: asked anew when it is back
        }
    };

    listen('open', () => known || load());
    listen('gap', () => {
        messages = [];
        load();
    });
    listen('error', ({ error }) => { reason = error.status === 503 ? 'Server down' : 'Offline'; });
    listen('close', async ({ code, willReconnect }) => {
        reason = code === 1001 ? 'Restarting' : reason;
        willReconnect || status('closed', 'Disconnected');

        if (code === EXPIRED || !(await tokenIsGood())) {
            mine === client && showSignIn('Your session has ended. Please sign in again.');
        }
    });
    listen('reconnecting', ({ delay }) => countDown(mine, reason, Date.now() + delay));
    lobby.on('message', (message) => mine === client && add(message));
    on('presence', ({ users }) => {
        reason = 'Offline';
        people = new Map(users.map((user) => [user.username, user]));
        drawPeople();
        status('open', 'Connected');
    });
    on('joined', ({ user }) => {
        people.set(user.username, user);
        drawPeople();
    });
    on('left', ({ user }) => {
        people.delete(user.username);
        drawPeople();
    });
    // It goes on trying by itself.
    mine.connect().catch(() => {});
}

// A browser does not say why a handshake failed, so the API is asked.
async function tokenIsGood() {
    try {
        await api('/api/messages?limit=1');
        return true;
    } catch (error) {
        return error.status !== 401;
    }
}

function countDown(mine, reason, at) {
    if (mine !== client || mine.state === 'open') {
        return;
    }

    const left = Math.max(0, at - Date.now());
    mine.state === 'waiting' && left > 0
        ? status('closed', `${reason}, retry in ${Math.ceil(left / 1000)} s`)
        : status('connecting', 'Reconnecting');

    if (left > 0) {
        setTimeout(() => countDown(mine, reason, at), Math.min(250, left));
    }
}

// Messages

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

function element(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text ?? '';
    return made;
}

function avatar(user) {
    const made = element('span', 'avatar', user.name.slice(0, 1).toUpperCase());
    made.style.setProperty('--tint', user.color);
    made.setAttribute('aria-hidden', 'true');
    return made;
}

function drawMessage(message, previous) {
    const sent = new Date(message.sentAt);
    const newDay = !previous || day.format(new Date(previous.sentAt)) !== day.format(sent);
    const first = newDay || previous.author.username !== message.author.username || sent - new Date(previous.sentAt) > 300_000;
    const own = message.author.username === session.get()?.user.username;
    const item = element('li', `message${first ? ' first' : ''}${own ? ' own' : ''}`);

    if (newDay) {
        list.append(element('li', 'day', day.format(sent)));
    }

    if (first) {
        const meta = element('p', 'meta');
        meta.append(element('b', '', message.author.name), time.format(sent));
        item.append(avatar(message.author), meta);
    }

    item.append(element('p', 'text', message.text));
    list.append(item);
}

function draw() {
    list.replaceChildren();
    messages.forEach((message, index) => drawMessage(message, messages[index - 1]));
    $('#empty').hidden = messages.length > 0;
    $('#earlier').hidden = messages.length < PAGE || messages[0].isFirst === true;
    drawPeople();
}

function drawPeople() {
    const own = session.get()?.user.username;
    const sorted = [...people.values()].sort((a, b) => a.name.localeCompare(b.name));
    $('#count').textContent = people.size || '';
    $('#people').replaceChildren(...sorted.map((user) => {
        const item = element('li', '');
        item.append(avatar(user), element('span', '', user.name));

        if (user.username === own) {
            item.append(element('span', 'you', 'you'));
        }

        return item;
    }));
}

/** The answer to one's own message and the room's event bring the same message, and a resumed room what is here already. */
function add(message) {
    if (messages.some(({ id }) => id === message.id)) {
        return;
    }

    const wasPinned = pinned;
    const previous = messages.at(-1);

    if (!previous || previous.id < message.id) {
        drawMessage(message, previous);
        messages.push(message);
        $('#empty').hidden = true;
    } else {
        messages.push(message);
        inOrder();
    }

    if (wasPinned || message.author.username === session.get()?.user.username) {
        toBottom();
    }
}

function show(recent) {
    const shown = new Set(recent.map(({ id }) => id));
    messages = [...messages.filter(({ id }) => !shown.has(id)), ...recent];
    inOrder();
    toBottom();
}

function inOrder() {
    messages.sort((a, b) => a.id - b.id);
    draw();
}

function toBottom() {
    scroller.scrollTop = scroller.scrollHeight;
    pinned = true;
}

scroller.addEventListener('scroll', () => {
    pinned = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
});

// A keyboard or a notice takes room from below: who reads the newest message goes on reading it.
new ResizeObserver(() => pinned && toBottom()).observe(scroller);

$('#earlier').addEventListener('click', async () => {
    try {
        const { messages: earlier } = await api(`/api/messages?before=${messages[0].id}`);
        const fromBottom = scroller.scrollHeight - scroller.scrollTop;
        messages = [...earlier, ...messages];
        messages[0].isFirst = earlier.length < PAGE;
        draw();
        scroller.scrollTop = scroller.scrollHeight - fromBottom;
    } catch (error) {
        notice(composer, error.message);
    }
});

// Writing

function updateSend() {
    composer.querySelector('button').disabled = $('.status').dataset.state !== 'open' || textarea.value.trim() === '' || waiting;
}

function fit() {
    textarea.style.height = 'auto';
    textarea.style.height = `${textarea.scrollHeight + 2}px`;
}

composer.addEventListener('submit', async (event) => {
    event.preventDefault();
    const text = textarea.value.trim();

    if (text === '' || waiting || client?.state !== 'open') {
        return;
    }

    const mine = client;
    waiting = true;
    textarea.value = '';
    notice(composer);
    fit();
    updateSend();

    try {
        const message = await mine.request('message', { text });
        mine === client && add(message);
    } catch (error) {
        mine === client && giveBack(text, error);
    } finally {
        waiting = false;
        updateSend();
    }
});

// What was not accepted goes back to where it can be sent again.
function giveBack(text, error) {
    textarea.value = textarea.value === '' ? text : `${text}\n${textarea.value}`;
    notice(composer, error instanceof ConnectionLostError
        ? 'The connection was lost. Send it again unless it appears above.'
        : error.message);
    fit();
}

textarea.addEventListener('input', () => {
    fit();
    updateSend();
});

textarea.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        composer.requestSubmit();
    }
});

session.get() ? showChat() : showSignIn();
