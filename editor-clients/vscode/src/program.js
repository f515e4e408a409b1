// Finding the `orchestra` program, the only one that this extension starts.
const { execFile } = require('node:child_process');
const { access, constants } = require('node:fs/promises');
const path = require('node:path');
const vscode = require('vscode');
const { Trouble } = require('./trouble');

const INSTALL = 'pip install codecompanion-orchestra';
const MOST_OUTPUT = 64 * 1024 * 1024;

/**
 * Return how to start the program with some words of its command line.
 *
 * Throws `Trouble` where it is not there, or the person has not said that they trust the window's folders.
 *
 * @param {string[]} words
 */
async function program(...words) {
  if (!vscode.workspace.isTrusted) {
    throw new Trouble(
      'nothing is started in folders that you do not trust.',
      'Manage Workspace Trust',
      'workbench.trust.manage',
    );
  }
  const settings = vscode.workspace.getConfiguration('orchestra.client');
  const name = settings.get('path', 'orchestra');
  const command = await find(name);
  if (!command) {
    throw new Trouble(
      `cannot find the program '${name}'; install it with \`${INSTALL}\`, or name it in the setting orchestra.client.path.`,
      'Open the Setting',
      'workbench.action.openSettings',
      'orchestra.client.path',
    );
  }
  return { command, args: [...settings.get('arguments', /** @type {string[]} */ ([])), ...words] };
}

/**
 * Return where a program is: its path, or for a bare name the first of that name on the PATH.
 *
 * @param {string} name
 */
async function find(name) {
  const folders = /[\\/]/.test(name) ? [''] : (process.env.PATH ?? '').split(path.delimiter);
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat', ''] : [''];
  for (const place of folders.flatMap((folder) => endings.map((ending) => path.join(folder, name + ending)))) {
    if (
      await access(place, constants.X_OK).then(
        () => true,
        () => false,
      )
    ) {
      return place;
    }
  }
  return undefined;
}

/**
 * Run a command that only looks and return what it prints; throws what it says when it cannot.
 *
 * @param {string} folder where it is run
 * @param {string[]} words
 * @returns {Promise<string>}
 */
async function printed(folder, ...words) {
  const { command, args } = await program(...words);
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd: folder, maxBuffer: MOST_OUTPUT }, (problem, stdout, stderr) => {
      // some say by their exit code that they found something; that is in what they print
      if (problem && !stdout) {
        reject(new Error(stderr.trim().replace(/^orchestra: /, '') || problem.message));
      } else {
        resolve(stdout);
      }
    });
  });
}

module.exports = { printed, program };
