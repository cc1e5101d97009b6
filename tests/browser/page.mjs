// One person in front of the chat: a browser context with a page, and what people do there.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../../', import.meta.url));
// Screenshots are committed only when they were asked for: each run renders times anew.
const SCREENSHOTS = process.env.SCREENSHOTS === '1' ? `${root}docs/screenshots` : `${process.env.CARGO_TARGET_DIR ?? `${root}target`}/browser`;

export const DESKTOP = { viewport: { width: 1200, height: 760 } };
export const PHONE = { viewport: { width: 375, height: 720 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

export function launch() {
    return chromium.launch({
        executablePath: process.env.CHROMIUM,
        // No sandbox: tests run as root on build machines. The others keep Chromium from calling home.
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync'],
    });
}

export class Person {
    /** @param {object} [screen] DESKTOP or PHONE */
    static async open(browser, url, screen = DESKTOP) {
        const context = await browser.newContext({ ...screen, locale: 'en-GB', timezoneId: 'UTC' });
        context.setDefaultTimeout(10_000);
        const person = new Person();
        person.context = context;
        person.page = await context.newPage();
        person.errors = [];
        person.page.on('pageerror', (error) => person.errors.push(error));
        await person.page.goto(url);
        return person;
    }

    async signIn(name, password = name) {
        await this.page.fill('#sign-in [name=username]', name);
        await this.page.fill('#sign-in [name=password]', password);
        await this.page.click('#sign-in .primary');
    }

    async connected() {
        await this.page.waitForSelector('.status[data-state=open]');
    }

    async disconnected() {
        await this.page.waitForSelector('.status:not([data-state=open])');
    }

    /** What a browser tells a page when the network is there again. */
    async online() {
        await this.page.evaluate(() => dispatchEvent(new Event('online')));
    }

    async say(text) {
        await this.page.fill('#composer textarea', text);
        // Not while one's own message before it waits for its answer: the page takes none then.
        await this.page.waitForSelector('#composer button:enabled');
        await this.page.keyboard.press('Enter');
    }

    /** Waits until exactly these people are shown as present. */
    async sees(...names) {
        await this.page.waitForFunction((wanted) => {
            const shown = [...document.querySelectorAll('#people li')].map((item) => item.children[1].textContent);
            return JSON.stringify(shown) === JSON.stringify(wanted);
        }, names);
    }

    /** Waits for a message with this text and returns how many have it. */
    async reads(text) {
        const messages = this.page.locator('#messages .text').filter({ hasText: text });
        await messages.first().waitFor();
        return messages.count();
    }

    /** Every message that is shown, from the top. */
    async texts() {
        return this.page.locator('#messages .text').allTextContents();
    }

    /** Every message that is shown, from the top, as [author, text]. An author stands above the first of a row of messages. */
    async signed() {
        return this.page.locator('#messages .message').evaluateAll((items) => {
            let author;
            return items.map((item) => {
                author = item.querySelector('.meta b')?.textContent ?? author;
                return [author, item.querySelector('.text').textContent];
            });
        });
    }

    /** Pixels by which the page is wider than the screen. */
    async overflow() {
        return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    }

    async screenshot(name) {
        await mkdir(SCREENSHOTS, { recursive: true });
        await this.page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
    }

    /** Leaves; no script of the page may have failed meanwhile. */
    async leave() {
        await this.context.close();
        assert.deepEqual(this.errors, []);
    }
}
