import { buildNetwork, createRandom } from '@gradloom/core';
import { onTestFinished } from 'vitest';
import type { DigitFile } from '../../packages/cli/src/commands/playground/digit-file.ts';
import { type OpenDigits, startPlayground } from '../../packages/cli/src/commands/playground/playground-server.ts';

/** A model of digits with weights by chance. */
export function anyDigits(): DigitFile {
  const spec = { input: 784, layers: [{ kind: 'dense' as const, out: 10 }] };
  const random = createRandom(1, 'weights');
  const parameters = Array.from({ length: buildNetwork(spec).parameterCount }, () => 0.1 * random.normal());
  const labels = Array.from({ length: 10 }, (_, c) => `digit ${c}`);
  return { spec, loss: 'softmax-cross-entropy', labels, precision: 'float64', parameters };
}

/** The address of a server in this process, which stops after the test. */
export async function servePlayground(digits: OpenDigits = async () => anyDigits()): Promise<string> {
  const server = await startPlayground(digits);
  onTestFinished(() => server.stop());
  return server.url;
}
