/** What runs this program. */
export interface JsRuntime {
  readonly name: 'Node' | 'Deno' | 'Bun';
  readonly version: string;
  /** How it is told to run a script. */
  readonly command: string;
}

/** By what it says of itself: Deno and Bun name the Node that they stand in for, too. */
export function jsRuntime(versions: Readonly<Record<string, string | undefined>> = process.versions): JsRuntime {
  const { deno, bun, node = '' } = versions;
  if (deno !== undefined) return { name: 'Deno', version: deno, command: 'deno run -A' };
  if (bun !== undefined) return { name: 'Bun', version: bun, command: 'bun' };
  return { name: 'Node', version: node, command: 'node' };
}
