// The commands of the palette. Code lenses and actions of the server run the same ones with their argument.
const vscode = require('vscode');
const { orTell } = require('./trouble');
const care = require('./commands/care');
const review = require('./commands/review');
const runs = require('./commands/runs');
const steering = require('./commands/steering');
const work = require('./commands/work');

/** @typedef {(desk: import('./questions').Desk) => Promise<any>} Command asks the person, then the server */

/** @type {Record<string, Command>} */
const COMMANDS = { ...work, ...steering, ...review, ...runs, ...care };

/** @param {import('./questions').Desk} desk */
function registerCommands(desk) {
  return Object.entries(COMMANDS).map(([name, ask]) =>
    vscode.commands.registerCommand(`orchestra.${name}`, (argument) =>
      orTell(() => (isOfTheServer(argument) ? desk.server.ask(name, argument) : ask(desk))),
    ),
  );
}

/**
 * Whether an argument is one for the server; menus pass the file they are opened on.
 *
 * @param {unknown} argument
 */
function isOfTheServer(argument) {
  return typeof argument === 'string' || argument?.constructor === Object;
}

module.exports = { registerCommands };
