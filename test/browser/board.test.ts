import { createServer } from 'node:net';
import { UnrecoverableError, Worker } from 'bullmq';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { queuePrefix } from '#queues/job-options.ts';
import { boardWorld, PASSWORD } from '#test/support/board-world.ts';
import { launchChromium } from './chromium.ts';

const attemptId = '64f1a2b3c4d5e6f7a8b9c0d1';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
});

/** A browser beside other work takes its time: Chromium draws nothing while it is starved. */
const PATIENCE_MS = 30_000;

/** The board on a real address, with one job of the queue `retry` that has failed for good. */
async function setup() {
  const world = await boardWorld();
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  await world.register(address);
  await world.app.listen({ host: '127.0.0.1', port });

  await world.producer.enqueue('retry', { attemptId, traceId: 'a'.repeat(32) });
  const worker = new Worker('retry', () => Promise.reject(new UnrecoverableError('an operator must look')), {
    connection: { url: world.url },
    prefix: queuePrefix(world.prefix, 'retry'),
  });
  await new Promise((failed) => worker.once('failed', failed));
  await worker.close();
  return { ...world, address, queue: world.producer.queues.get('retry') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address ? address.port : 0;
}

async function logIn(page: Page, who: 'admin' | 'reader', password = PASSWORD): Promise<void> {
  await page.getByLabel('E-mail').fill(`${who}@example.com`);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

it('an admin logs in, sees the queues, retries a failed job and logs out', async () => {
  const { address, queue, audits, ids, close } = await setup();
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.setDefaultTimeout(PATIENCE_MS);
  const refused: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') refused.push(message.text());
  });
  page.on('pageerror', (error) => refused.push(error.message));
  try {
    // A stranger finds the login, and with a wrong password nothing else.
    await page.goto(`${address}/board/`);
    await page.getByRole('link', { name: 'Log in' }).click();
    await logIn(page, 'admin', 'not the password');
    await page.getByRole('alert').getByText('wrong').waitFor();
    await logIn(page, 'admin');

    // All queues, and the failed job with its reason and its ids.
    for (const name of ['call-event', 'transcription', 'metrics-rollup']) await page.getByText(name, { exact: true }).first().waitFor();
    refused.length = 0;
    await page.goto(`${address}/board/queue/retry?status=failed`);
    await page.getByText('an operator must look').first().waitFor();
    await page.getByRole('button', { name: 'Retry all' }).waitFor();

    // The job's buttons are icons without a name; the first of them is 'retry', and it asks once more.
    await page.getByText(`retry-${attemptId}`).locator('xpath=ancestor::*[.//button][1]').getByRole('button').first().click();
    await page.getByRole('button', { name: 'Confirm' }).click();
    await expect.poll(async () => queue?.getJobCounts('failed', 'prioritized', 'waiting')).toMatchObject({ failed: 0, prioritized: 1 });
    // Written down once the answer is on its way: the job may be seen first.
    await expect
      .poll(() => audits.at(-1))
      .toMatchObject({ actor: ids.admin, action: 'board.change', details: { method: 'PUT', status: 204 } });

    await page.goto(`${address}/board/logout`);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL(`${address}/board/login`);
    expect((await page.goto(`${address}/board/api/queues`))?.status()).toBe(401);

    // What the page asks for and our policy refuses is the one thing that we mean to refuse.
    expect(refused.filter((text) => !text.includes('fonts.googleapis.com') && !text.includes('401'))).toEqual([]);
  } finally {
    await page.close();
    await close();
  }
});

it('who may only look sees the same, is offered no action, and is refused by hand', async () => {
  const { address, queue, audits, ids, close } = await setup();
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.setDefaultTimeout(PATIENCE_MS);
  try {
    await page.goto(`${address}/board/login`);
    await logIn(page, 'reader');
    await page.waitForURL(`${address}/board/`);
    await page.goto(`${address}/board/queue/retry?status=failed`);
    await page.getByText('an operator must look').first().waitFor();
    for (const name of ['Retry all', 'Clean all']) expect(await page.getByRole('button', { name }).count()).toBe(0);
    // Below the job's name there is one button: it copies the job's data.
    const card = page.getByText(`retry-${attemptId}`).locator('xpath=ancestor::*[.//button][1]');
    expect(await card.getByRole('button').count()).toBe(1);

    const status = await page.evaluate(async () => (await fetch('api/queues/retry/retry/failed', { method: 'PUT' })).status);
    expect(status).toBe(405);
    await expect.poll(() => audits.at(-1)).toMatchObject({ actor: ids.reader, action: 'board.change', details: { status: 405 } });
    expect(await queue?.getFailedCount()).toBe(1);
  } finally {
    await page.close();
    await close();
  }
});
