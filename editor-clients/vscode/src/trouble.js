// What a person is told in a message, first of all what keeps a command from being done.
const vscode = require('vscode');

/** The person left a question unanswered: nothing is done, and nothing said. */
class Dismissed extends Error {}

/** There is nothing to do it with, which is no error. */
class Nothing extends Error {}

/** One sentence, with a button that mends it. */
class Trouble extends Error {
  /**
   * @param {string} sentence
   * @param {string} button
   * @param {string} command what the button runs
   * @param {unknown[]} args
   */
  constructor(sentence, button, command, ...args) {
    super(sentence);
    this.button = button;
    this.mend = () => vscode.commands.executeCommand(command, ...args);
  }
}

/**
 * Do something for the person; what keeps it from being done becomes one message.
 *
 * @template T
 * @param {() => Promise<T>} act
 * @returns {Promise<T | undefined>}
 */
async function orTell(act) {
  try {
    return await act();
  } catch (reason) {
    if (!(reason instanceof Dismissed)) {
      void tell(reason);
    }
    return undefined;
  }
}

/** @param {unknown} reason */
async function tell(reason) {
  const sentence = reason instanceof Error ? reason.message : String(reason);
  if (reason instanceof Nothing) {
    inform(sentence);
    return;
  }
  const buttons = reason instanceof Trouble ? [reason.button] : [];
  const pressed = await vscode.window.showErrorMessage(`Orchestra: ${sentence}`, ...buttons);
  if (pressed && reason instanceof Trouble) {
    await reason.mend();
  }
}

/**
 * Say something that is no trouble.
 *
 * @param {string} sentence
 */
function inform(sentence) {
  void vscode.window.showInformationMessage(`Orchestra: ${sentence}`);
}

module.exports = { Dismissed, Nothing, Trouble, inform, orTell };
