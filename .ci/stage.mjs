import { spawn } from 'node:child_process';

/**
 * Runs one command in `root`, showing one line while it works, and all of its output if it fails. Resolves to whether
 * it succeeded.
 */
export function runStage({ title, hint, command }, root) {
  const startMs = Date.now();
  const seconds = () => Math.round((Date.now() - startMs) / 1000);
  const terminal = process.stderr.isTTY === true;
  const line = `${title} ...`;
  process.stderr.write(line);
  const ticking = terminal ? setInterval(() => process.stderr.write(`\r${line} ${seconds()} s`), 1000) : undefined;

  return new Promise((resolve) => {
    const [program, ...args] = command;
    // On Windows npx is a batch file, which only a shell can start; its arguments here need no quoting.
    const shell = process.platform === 'win32' && program === 'npx';
    const child = spawn(program, args, { cwd: root, env: environment(), shell, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => output.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code, signal) => {
      clearInterval(ticking);
      process.stderr.write(`${terminal ? `\r${line}` : ''} ${code === 0 ? `${seconds()} s` : 'failed'}\n`);
      if (code !== 0) {
        process.stderr.write(Buffer.concat(output));
        process.stderr.write(`${title} failed (${signal ?? `exit code ${code}`}): ${command.join(' ')}\n`);
        if (hint !== undefined) process.stderr.write(`${hint}\n`);
      }
      resolve(code === 0);
    });
  });
}

/**
 * The environment without npm's settings for the script that it is running (`npm --silent start`, `--prefix`,
 * `--omit`), which npx and pnpm would take as their own options. Settings of the registry are kept.
 */
function environment() {
  const kept =
    /^npm_config_(registry|cache|userconfig|globalconfig|.*proxy|ca|cafile|cert|key|strict_ssl|offline|prefer_offline|fetch_.*|store_dir|@.*|\/\/.*)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_/i.test(key) || kept.test(key)));
}
