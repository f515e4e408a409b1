// A window of VS Code in a browser without a screen: `node browser.js URL`; statements name `page`.
const { answer } = require('./answering');
const { chromium } = require(process.env.PLAYWRIGHT);

async function look(url) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  process.stdin.on('end', () => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(60_000);
  await page.goto(url);
  answer(process.stdin, process.stdout, { page });
}

look(process.argv[2]);
