import { availableParallelism } from 'node:os';
import type { Json } from '@gradloom/core';
import { inputsOf, ofImages, ofTable, ofText } from '@gradloom/core/internal';
import type { Model } from '@gradloom/runtime';
import { createAnswerPool, npyRows } from '@gradloom/runtime/internal';
import { divisorsOf, openModel, refuseMoreThan } from '../../files/models/open-model.ts';
import { boundMemory } from '../../options/bound-memory.ts';
import { withDefaults } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { withoutCaller } from '../../terminal/failure.ts';
import { interrupted, listenForInterrupt } from '../../terminal/interrupt.ts';
import { type Io, printLine, printLines } from '../../terminal/io.ts';
import { quote } from '../../terminal/text/quote.ts';
import { createHostCheck, isLoopback } from '../http/host-names.ts';
import { listen } from '../http/http-server.ts';
import { serveOptions } from './options.ts';
import { type RowSchema, rowSchema } from './row-schema.ts';

const MAX_THREADS = 4;

/** Answers requests until a signal arrives. Resolves to the exit code. */
export async function runServe(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(serveOptions, request);
  const values = parseRaw(serveOptions, raw);
  refuseMoreThan(1, request.positionals, 'one model');
  boundMemory(values);
  const model = openModel(request.positionals);
  const {
    port,
    host,
    queue,
    delay,
    'max-rows': maxRows,
    'max-tokens': maxTokens,
    'answer-timeout': maxSeconds,
    cors,
  } = withDefaults(serveOptions, values);
  const threads = values.threads ?? Math.max(1, Math.min(MAX_THREADS, availableParallelism() - 1));
  const { createServer } = await import('./server.ts');
  const pool = await createAnswerPool(model, { threads, maxRows, maxTokens, maxSeconds });
  const takesImages = ofImages(model.preprocessing) !== undefined;
  const takesArrays = ofTable(model.preprocessing) === undefined && ofText(model.preprocessing) === undefined;
  const arrays = { columns: inputsOf(model.spec), ...divisorsOf(model) };
  const interrupt = listenForInterrupt(io);
  try {
    // Before listening, a model that cannot answer is refused, such as one with a weight that is not finite.
    model.outputs(new Float64Array(0));
    const schema = rowSchema(model, maxRows, maxTokens);
    const server = createServer({
      pool,
      schema,
      fingerprint: model.fingerprint,
      maxWaiting: queue,
      delayMs: delay,
      takesImages,
      ...(takesArrays ? { readArray: (bytes) => npyRows('body', bytes, arrays) } : {}),
      maxBytes: values['max-body'] ?? (takesImages ? 8 : 1) * 1024 ** 2,
      cors,
      allowsHost: createHostCheck([host, ...(values['allow-host'] ?? [])]),
      onError: (error) => printLine(io.stderr, `gradloom serve: ${withoutCaller(error)}`),
    });
    const url = await listen(server.http, host, port);
    if (!isLoopback(host)) {
      const warning = `${host} is not a loopback address: any machine that reaches it may send requests, without a password`;
      printLine(io.stderr, `gradloom serve: warning: ${warning}`);
    }
    printLines(io.stdout, describeServer(url, model, request.positionals[0], schema));
    await interrupted(interrupt);
    printLine(
      io.stderr,
      `gradloom serve: ${interrupt.signal.reason}: answering the requests that have arrived; a second signal ends at once`,
    );
    await server.stop();
    return 0;
  } finally {
    interrupt.release();
    await pool.close();
  }
}

/** The address is the first word, so scripts can read it. */
function describeServer(
  url: string,
  { preprocessing, metadata }: Model,
  name: string,
  { request: { examples = [] } }: RowSchema,
): string[] {
  const table = ofTable(preprocessing);
  const columns = table?.columns.map((column) => column.name).join(', ');
  const windows = table?.series === undefined ? '' : `windows of ${table.series.context} `;
  const isText = ofText(preprocessing) !== undefined;
  const untabledRows =
    ofImages(preprocessing) === undefined ? 'rows of numbers, or an npy file' : 'a PNG or JPEG image, or rows';
  const rows = columns === undefined ? untabledRows : `${windows}rows of ${columns}`;
  const [target] = preprocessing?.target ?? [];
  const classes = target?.type === 'classes' ? target.labels : metadata.labels;
  const answers = classes === undefined ? 'values' : `one of ${classes.slice(0, 10).join(', ')}`;
  return [
    `${url} answers for ${name}`,
    isText
      ? 'POST /predict: a text, or a list of texts; gives the next token'
      : `POST /predict: ${rows}; gives ${answers}`,
    ...(isText ? ['POST /generate: a prompt; gives the text that follows'] : []),
    'GET /schema, /health, /metrics. Ctrl-C stops.',
    ofImages(preprocessing) === undefined
      ? exampleRequest(url, examples)
      : `${curl(url, 'image/png')} --data-binary @image.png`,
  ];
}

/** Longer rows are only in the schema. */
const MAX_EXAMPLE_CHARACTERS = 200;

/** A request to copy, with the example of the schema. */
function exampleRequest(url: string, examples: Json): string {
  const body = JSON.stringify((examples as readonly Json[])[0]);
  return body.length > MAX_EXAMPLE_CHARACTERS
    ? `${url}/schema has an example of a row`
    : `${curl(url, 'application/json')} -d ${quote(body)}`;
}

const curl = (url: string, type: string): string => `curl ${url}/predict -H ${quote(`content-type: ${type}`)}`;
