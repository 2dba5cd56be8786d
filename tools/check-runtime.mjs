/* Runs on whatever Node the machine has, so it uses nothing that an old one lacks. */
const wanted = 24;
const major = Number(process.versions.node.split('.')[0]);

if (major !== wanted) {
  console.error(
    `Sallyport runs on Node ${wanted}, this is ${process.version}. \`npm ci\` installs Node ${wanted} as a development dependency and ` +
      '`npm run` uses it; if it is missing, run `npm ci` again without --ignore-scripts and with `"allowScripts": { "node": true }` in package.json.',
  );
  process.exit(1);
}
