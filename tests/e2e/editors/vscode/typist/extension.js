// Lets a test use VS Code's own interface: it connects to the test, whose statements name `vscode` and `desk`.
const net = require('node:net');
const vscode = require('vscode');
const { answer } = require('./answering');
const { sitDown } = require('./typist');

function activate() {
  const socket = net.connect(Number(process.env.TYPIST_PORT), '127.0.0.1');
  // `desk` keeps what later statements of the test need
  answer(socket, socket, { vscode, desk: { sitDown } });
}

module.exports = { activate };
