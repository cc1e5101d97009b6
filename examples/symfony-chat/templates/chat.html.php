<!doctype html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
    <meta name="color-scheme" content="light dark">
    <title>Ferry chat</title>
    <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath fill='%230e7490' d='M4 17h24l-4 8H8zM9 9h11l3 6H9z'/%3E%3C/svg%3E">
    <link rel="stylesheet" href="/app.css">
    <script src="/app.js" type="module"></script>
</head>
<body>

<svg hidden><symbol id="ferry" viewBox="0 0 64 48"><path d="M18 6h20l7 12H18z"/><path d="M6 22h52l-8 14H14z"/><path class="wave" d="M2 42c5 0 5-4 10-4s5 4 10 4 5-4 10-4 5 4 10 4 5-4 10-4 5 4 10 4"/></symbol></svg>

<main id="sign-in" class="sign-in" hidden>
    <form class="card" autocomplete="on">
        <svg class="mark" aria-hidden="true"><use href="#ferry"/></svg>
        <h1>Ferry chat</h1>
        <p class="notice" role="alert" hidden></p>
        <label>User name <input name="username" required autocomplete="username" autocapitalize="none"></label>
        <label>Password <input name="password" type="password" required autocomplete="current-password"></label>
        <button class="primary">Sign in</button>
        <p class="hint">Two accounts to try, each with its name as password:
            <button type="button" class="account" data-account="alice">alice</button>
            <button type="button" class="account" data-account="bob">bob</button>
        </p>
    </form>
</main>

<div id="chat" class="chat" hidden>
    <header>
        <svg class="mark" aria-hidden="true"><use href="#ferry"/></svg>
        <h1>Lobby</h1>
        <p class="status" role="status" data-state="connecting"><span></span></p>
        <button type="button" class="quiet" id="sign-out">Sign out</button>
    </header>
    <aside aria-label="Who is here">
        <h2>Here now <span id="count"></span></h2>
        <ul id="people"></ul>
    </aside>
    <section id="scroller" tabindex="0" aria-label="Messages">
        <button type="button" class="quiet" id="earlier" hidden>Show earlier messages</button>
        <p id="empty" hidden>No messages yet. Say hello.</p>
        <ol id="messages" role="log" aria-live="polite"></ol>
    </section>
    <form id="composer">
        <p class="notice" role="alert" hidden></p>
        <textarea name="text" rows="1" maxlength="2000" placeholder="Message" aria-label="Message" enterkeyhint="send"></textarea>
        <button class="primary" disabled aria-label="Send"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 20l18-8L3 4v6l11 2-11 2z"/></svg></button>
    </form>
</div>

</body>
</html>
