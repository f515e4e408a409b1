// Commands about the set-up: the server, keys, trust, budgets, models, and the database of a folder.
const vscode = require('vscode');
const { printed } = require('../program');
const { demand, folder } = require('../questions');
const { inform } = require('../trouble');

/** @typedef {import('../commands').Command} Command */

/** @type {Command} */
async function health({ server, reports }) {
  const answer = await server.ask('health');
  const lines = [
    `version ${answer.version} on Python ${answer.python}`,
    `up for ${Math.round(answer.uptimeSeconds)} seconds, answers within ${answer.loopLagMs.toFixed(1)} ms`,
    `${answer.activeRuns.length} active run(s)`,
    ...answer.workspaces.map(
      (/** @type {any} */ one) =>
        `${one.workspace}: ${one.runs} runs; tests: ${one.sandbox} (${one.sandboxMeaning})`,
    ),
    ...answer.settingsProblems.map((/** @type {string} */ problem) => `setting: ${problem}`),
  ];
  await reports.show('Health', lines.join('\n'));
  return answer;
}

/** @type {Command} */
async function keys({ server, reports }) {
  const answer = await server.ask('keys');
  const lines = answer.providers.map((/** @type {any} */ one) => {
    const state = one.configured ? `set up, ${one.checked}` : 'not set up';
    return `${one.provider}: ${state}${one.note && `; ${one.note}`}`;
  });
  await reports.show('Keys', lines.join('\n'));
  return answer;
}

/** @type {Command} */
async function trust({ server }) {
  const answer = await server.ask('trust', { workspace: await folder() });
  inform(`${answer.workspace} is trusted`);
  return answer;
}

/** For a server that was updated, or has ended too often to be started again by itself. @type {Command} */
async function restart({ server }) {
  await server.restart();
  inform('the server was started anew');
}

/** @type {Command} */
async function dbExport({ server }) {
  const workspace = await folder();
  const defaultUri = vscode.Uri.joinPath(vscode.Uri.file(workspace), 'orchestra-log.jsonl');
  const file = demand(
    await vscode.window.showSaveDialog({ defaultUri, title: 'Write the whole log to' }),
  ).fsPath;
  // that a file is replaced was asked by the dialog
  const answer = await server.ask('dbExport', { workspace, file, force: true });
  inform(`${answer.events} events written to ${answer.path}`);
  return answer;
}

/** @type {(title: string, ...words: string[]) => Command} */
const report =
  (title, ...words) =>
  async ({ reports }) =>
    reports.show(title, await printed(await folder(), ...words));

/** @type {(title: string, name: string) => Command} */
const ofDatabase =
  (title, name) =>
  async ({ reports }) => {
    const workspace = await folder();
    await reports.show(title, await printed(workspace, 'db', name, '--workspace', workspace));
  };

/** @type {(name: string, tell: (answer: any) => string) => Command} */
const careFor =
  (name, tell) =>
  async ({ server }) => {
    const answer = await server.ask(name, { workspace: await folder() });
    inform(tell(answer));
    return answer;
  };

module.exports = {
  health,
  keys,
  trust,
  restart,
  budget: report('Budgets', 'budget'),
  models: report('Models', 'router', 'models'),
  learned: report('What Was Learned of the Models', 'router', 'report'),
  dbStatus: ofDatabase('Database', 'status'),
  dbCheck: ofDatabase('Check of the Database', 'check'),
  dbBackup: careFor('dbBackup', ({ path }) => `the backup is ${path}`),
  dbVacuum: careFor(
    'dbVacuum',
    ({ sizeBefore, sizeAfter }) => `the database takes ${sizeAfter} bytes now, ${sizeBefore} before`,
  ),
  dbRebuild: careFor('dbRebuild', ({ events }) => `the tables were made anew from ${events} events`),
  dbExport,
};
