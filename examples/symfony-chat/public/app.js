// The page of the chat. Everything that others wrote is set as text, never as HTML.

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
const MAX_DELAY = 30;
const EXPIRED = 4401;

let socket = null;
let attempt = 0; // failed connections in a row
let retryTimer = null;
let messages = []; // oldest first
let people = new Map(); // by username
let pinned = true; // the newest message is in view
let waiting = null; // {id, text}: sent and not seen back yet

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
    clearTimeout(retryTimer);
    retryTimer = null;
    attempt = 0;
    const old = socket;
    socket = null; // its events are ignored from here on
    old?.close();
}

async function connect() {
    clearTimeout(retryTimer);
    retryTimer = null;
    status('connecting', attempt === 0 ? 'Connecting' : 'Reconnecting');

    let url;
    try {
        ({ websocketUrl: url } = await api('/api/config'));
    } catch (error) {
        return retry(error.status === 503 ? 'Server down' : 'Offline');
    }

    if (!session.get() || socket) {
        return;
    }

    // Browsers set no headers on a WebSocket: the token travels as a subprotocol, which no log of a proxy shows as an address.
    const mine = socket = new WebSocket(url, ['bearer', session.get().token]);
    mine.addEventListener('message', (event) => mine === socket && receive(JSON.parse(event.data)));
    mine.addEventListener('close', async (event) => {
        if (mine !== socket) {
            return;
        }

        socket = null;

        if (event.code === EXPIRED || !(await tokenIsGood())) {
            return showSignIn('Your session has ended. Please sign in again.');
        }

        giveBack('Not sent, the connection was lost. Please send it again.');
        retry(event.code === 1001 ? 'Restarting' : 'Offline');
    });
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

function retry(reason) {
    // Half of it by chance, so that not everybody comes back in the same moment.
    const delay = Math.min(MAX_DELAY, 2 ** attempt++) * (0.5 + Math.random() / 2);
    const at = Date.now() + delay * 1000;

    const tick = () => {
        const left = Math.ceil((at - Date.now()) / 1000);

        if (left <= 0) {
            return connect();
        }

        status('closed', `${reason}, retry in ${left} s`);
        retryTimer = setTimeout(tick, Math.min(250, at - Date.now()));
    };
    tick();
}

addEventListener('online', () => retryTimer !== null && connect());

function receive(event) {
    switch (event.type) {
        case 'history':
            attempt = 0;
            messages = event.messages;
            draw();
            toBottom();
            break;
        case 'presence':
            people = new Map(event.users.map((user) => [user.username, user]));
            drawPeople();
            status('open', 'Connected');
            break;
        case 'joined':
            people.set(event.user.username, event.user);
            drawPeople();
            break;
        case 'left':
            people.delete(event.user.username);
            drawPeople();
            break;
        case 'message':
            // What the API has written comes in an envelope.
            add(event.data ?? event);
            break;
        case 'error':
            giveBack(event.message);
            break;
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

function add(message) {
    const wasPinned = pinned;

    if (message.ref !== undefined && message.ref === waiting?.id) {
        waiting = null;
        notice(composer);
        updateSend();
    }

    drawMessage(message, messages.at(-1));
    messages.push(message);
    $('#empty').hidden = true;

    if (wasPinned || message.author.username === session.get()?.user.username) {
        toBottom();
    }
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
    composer.querySelector('button').disabled = $('.status').dataset.state !== 'open' || textarea.value.trim() === '' || waiting !== null;
}

function fit() {
    textarea.style.height = 'auto';
    textarea.style.height = `${textarea.scrollHeight + 2}px`;
}

// What was not accepted goes back to where it can be sent again.
function giveBack(reason) {
    if (waiting) {
        textarea.value = textarea.value === '' ? waiting.text : `${waiting.text}\n${textarea.value}`;
        waiting = null;
        notice(composer, reason);
        fit();
    } else if (socket) {
        notice(composer, reason);
    }

    updateSend();
}

composer.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = textarea.value.trim();

    if (text === '' || waiting || socket?.readyState !== WebSocket.OPEN) {
        return;
    }

    waiting = { id: Math.random().toString(36).slice(2), text };
    socket.send(JSON.stringify({ type: 'message', id: waiting.id, text }));
    textarea.value = '';
    notice(composer);
    fit();
    updateSend();
});

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
