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
 * Follows the runs of the server through one stream for all tabs of this browser. The tab that holds the lock, the
 * leader, reads the stream and passes on its events; a new tab asks the leader for its state. When the leader is
 * closed, another tab gets the lock, sends its state to all tabs, and goes on after the last event. Without locks,
 * which only an address of this machine or https has, each tab reads a stream of its own.
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
  const send = (message: TabMessage): void => channel.postMessage(message);
  const lockRequest = new AbortController();
  let isLeader = false;
  let hasState = false; // whether this tab has got all earlier events from another
  /** Leaves the stream and the lock to the other tabs. */
  const fail = (error: unknown): void => {
    channel.close();
    lockRequest.abort();
    showError(error);
  };
  const receive = (message: TabMessage): void => {
    if (message.kind === 'ask') {
      if (isLeader) send({ kind: 'all', tab: message.tab, state });
    } else if (isLeader)
      return; // a late message of the tab that led before
    else if (message.kind === 'all') {
      if (message.tab !== null && message.tab !== tab) return;
      hasState = true;
      state = message.state;
      onRuns(state.runs);
      setConnection(state.connection);
    } else if (message.kind === 'connection') {
      setConnection(message.connection);
      if (message.connection.state === 'ended') lockRequest.abort();
    } else if (hasState) applyEvent(message.name, message.message, message.id);
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
  navigator.locks.request(name, { signal: lockRequest.signal }, lead).catch((error: unknown) => {
    if (!lockRequest.signal.aborted) fail(error);
  });
}
