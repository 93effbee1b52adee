/** Makes the pictures of docs/report.md: `npm run report:images`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { reportHtml, reportSvg, securityReport } from '../src';
import { options } from '../example/notes/options';

const IMAGES = join(__dirname, '../docs/images');
const SHOTS = [
  { name: 'report-light', colorScheme: 'light', width: 1200, height: 720, hash: '' },
  { name: 'report-dark', colorScheme: 'dark', width: 1200, height: 720, hash: '' },
  { name: 'report-narrow', colorScheme: 'light', width: 420, height: 800, hash: '' },
  { name: 'report-searched', colorScheme: 'light', width: 1200, height: 420, hash: '#q=token' },
] as const;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'report-images-'));
  const chrome = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const report = await securityReport(options());
    const file = join(folder, 'report.html');
    writeFileSync(file, reportHtml(report, { title: 'Notes: security report' }));
    writeFileSync(join(IMAGES, 'report.svg'), reportSvg(report, { title: 'Notes: who may call what' }));
    for (const { name, colorScheme, width, height, hash } of SHOTS) {
      const context = await chrome.newContext({ colorScheme, viewport: { width, height } });
      const page = await context.newPage();
      await page.goto(`${pathToFileURL(file).href}${hash}`);
      await page.screenshot({ path: join(IMAGES, `${name}.png`) });
      await context.close();
    }
  } finally {
    await chrome.close();
    rmSync(folder, { recursive: true });
  }
}

void main().then(() => process.exit());
