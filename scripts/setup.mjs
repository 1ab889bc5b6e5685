#!/usr/bin/env node
// Set-up: everything between a clone (or an installed package) and a first run. `--help` tells what it does.
// Nothing may be imported statically here: an old Node must get as far as the message.
const OLDEST_NODE = 20;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  console.error(
    `Node ${process.versions.node} is too old: Node ${OLDEST_NODE} or newer is needed. ` +
      'Install one (for example with `nvm install 22`, or from nodejs.org), then run the command again.',
  );
  process.exitCode = 1;
} else {
  const { main } = await import('./setup/main.mjs');
  process.exitCode = await main(process.argv.slice(2));
}
