import { afterEvent, noRuns, type Runs } from './runs.ts';
import { type Connection, readEvents } from './stream.ts';

/** Messages between the tabs of a browser that show one server. */
type TabMessage =
  | { readonly kind: 'ask'; readonly tab: string }
  | { readonly kind: 'all'; readonly tab: string | null; readonly state: State } // null: for every tab
  | { readonly kind: 'event'; readonly name: string; readonly message: unknown; readonly id: string }
  | { readonly kind: 'connection'; readonly connection: Connection };

interface State {
  readonly runs: Runs;
  readonly lastId: string;
  readonly connection: Connection;
}

/**
 * Follows the runs of the server through one stream for all tabs of this browser. The tab that holds the lock reads it
 * and passes on the events; a new tab asks it for what it has. When that tab is closed, the next one sends to all what
 * it has, and goes on after the last event. Without locks, which only an address of this machine or https has, each tab
 * reads a stream of its own.
 */
export function shareStream(
  url: string,
  onRuns: (runs: Runs) => void,
  onConnection: (connection: Connection) => void,
): void {
  let state: State = { runs: noRuns, lastId: '', connection: { state: 'connecting' } };
  const applyEvent = (name: string, message: unknown, id: string): void => {
    state = { ...state, runs: afterEvent(state.runs, name, message), lastId: id === '' ? state.lastId : id };
    onRuns(state.runs);
  };
  const setConnection = (connection: Connection): void => {
    state = { ...state, connection };
    onConnection(connection);
  };
  const showError = (error: unknown): void =>
    setConnection({ state: 'failed', sentence: error instanceof Error ? error.message : String(error) });
  if (navigator.locks === undefined || typeof BroadcastChannel === 'undefined') {
    readEvents(url, '', applyEvent, setConnection).catch(showError);
    return;
  }
  const name = `gradloom ${url}`;
  const tab = crypto.randomUUID();
  const channel = new BroadcastChannel(name);
  const send = (word: TabMessage): void => channel.postMessage(word);
  const waiting = new AbortController();
  let isLeader = false;
  let isInformed = false; // has all earlier events
  /** Leaves the stream and the lock to the other tabs. */
  const fail = (error: unknown): void => {
    channel.close();
    waiting.abort();
    showError(error);
  };
  const receive = (word: TabMessage): void => {
    if (word.kind === 'ask') {
      if (isLeader) send({ kind: 'all', tab: word.tab, state });
    } else if (isLeader)
      return; // a tab that was closed sent it late
    else if (word.kind === 'all') {
      if (word.tab !== null && word.tab !== tab) return;
      isInformed = true;
      state = word.state;
      onRuns(state.runs);
      setConnection(state.connection);
    } else if (word.kind === 'connection') {
      setConnection(word.connection);
      if (word.connection.state === 'ended') waiting.abort();
    } else if (isInformed) applyEvent(word.name, word.message, word.id);
  };
  channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
    try {
      receive(data);
    } catch (error) {
      fail(error);
    }
  };
  send({ kind: 'ask', tab });
  const lead = async (): Promise<void> => {
    isLeader = true;
    send({ kind: 'all', tab: null, state }); // a tab may have asked while no tab led
    await readEvents(
      url,
      state.lastId,
      (name, message, id) => {
        applyEvent(name, message, id);
        send({ kind: 'event', name, message, id });
      },
      (connection) => {
        setConnection(connection);
        send({ kind: 'connection', connection });
      },
    );
  };
  navigator.locks.request(name, { signal: waiting.signal }, lead).catch((error: unknown) => {
    if (!waiting.signal.aborted) fail(error);
  });
}
