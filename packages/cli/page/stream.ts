import { END } from '../src/commands/live/messages.ts';

/** State of the connection to the server. */
export type Connection =
  | { readonly state: 'connecting' | 'open' | 'lost' | 'ended' }
  | { readonly state: 'refused' | 'failed'; readonly sentence: string }; // failed: the page cannot show an event

/** Milliseconds between two attempts to connect. */
const RETRY_MS = 2000;

/** HTTP status of a server that may accept a later attempt. */
const UNAVAILABLE = 503;

/**
 * Reads the events of the server until it ends, and connects again after the last event that arrived if the connection
 * breaks. `EventSource` would not tell why a server refuses.
 * @throws what `onEvent` throws, or SyntaxError for an event that is not JSON: a new attempt would fail on it again.
 */
export async function readEvents(
  url: string,
  from: string, // id of the last known event
  onEvent: (name: string, message: unknown, id: string) => void,
  onConnection: (connection: Connection) => void,
): Promise<void> {
  let lastId = from;
  for (let isFirst = true; ; isFirst = false) {
    if (!isFirst) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    const response = await fetch(url, lastId === '' ? {} : { headers: { 'last-event-id': lastId } }).catch(() => null);
    if (response !== null && !response.ok) {
      const { error = `its answer has status ${response.status}` } = await response.json().catch(() => ({}));
      onConnection({ state: 'refused', sentence: String(error) });
      if (response.status === UNAVAILABLE) continue;
      return;
    }
    if (response?.body) {
      onConnection({ state: 'open' });
      for await (const { id, name, text } of eventsOf(response.body)) {
        if (name === END) {
          onConnection({ state: 'ended' });
          return;
        }
        onEvent(name, JSON.parse(text), id);
        if (id !== '') lastId = id;
      }
    }
    onConnection({ state: 'lost' });
  }
}

/** Reads the events of a stream: optional id, name and a line of data. Closes the connection when the caller stops. */
async function* eventsOf(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let buffer = ''; ; ) {
      const { done, value = '' } = await reader.read().catch(() => ({ done: true, value: '' }));
      if (done) return;
      buffer += value;
      if (!value.includes('\n')) continue;
      const blocks = buffer.split('\n\n');
      buffer = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = new Map(block.split('\n').map((line) => [line.split(':', 1)[0], line.replace(/^\w*: ?/, '')]));
        const text = fields.get('data');
        if (text !== undefined) yield { id: fields.get('id') ?? '', name: fields.get('event') ?? '', text };
      }
    }
  } finally {
    reader.cancel().catch(() => {}); // the connection is broken
  }
}
