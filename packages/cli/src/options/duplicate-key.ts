/** Strings and punctuation of JSON; the rest does not matter. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;

/**
 * The first key that an object of valid JSON has twice, the later of which JSON.parse would take; undefined where there
 * is none.
 */
export function duplicateKey(json: string): string | undefined {
  const keysOfObjects: Set<string>[] = [];
  let text = '';
  for (const [token] of json.matchAll(TOKENS)) {
    if (token === '{') keysOfObjects.push(new Set());
    else if (token === '}') keysOfObjects.pop();
    else if (token === ':') {
      const key: string = JSON.parse(text);
      const keys = keysOfObjects[keysOfObjects.length - 1];
      if (keys.has(key)) return key;
      keys.add(key);
    } else text = token;
  }
  return undefined;
}
