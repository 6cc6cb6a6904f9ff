import { afterEvent, noRuns, type Runs } from './runs.ts';
import { type Connection, follow } from './stream.ts';

/** Messages between the tabs of a browser that show one server. */
type Word =
  | { readonly kind: 'ask'; readonly tab: string }
  | { readonly kind: 'all'; readonly tab: string; readonly state: State }
  | { readonly kind: 'event'; readonly name: string; readonly message: unknown; readonly id: string }
  | { readonly kind: 'connection'; readonly connection: Connection };

interface State {
  readonly runs: Runs;
  readonly lastId: string;
  readonly connection: Connection;
}

/**
 * Follows the runs of the server through one stream for all tabs of this browser. The tab that holds the lock reads it
 * and passes on the events; a new tab asks it for what it has. When that tab is closed, the next one goes on after the
 * last event. Without locks, which only an address of this machine or https has, each tab reads a stream of its own.
 */
export function followTogether(
  url: string,
  onRuns: (runs: Runs) => void,
  onConnection: (connection: Connection) => void,
): void {
  let state: State = { runs: noRuns, lastId: '', connection: { state: 'connecting' } };
  const takeEvent = (name: string, message: unknown, id: string): void => {
    state = { ...state, runs: afterEvent(state.runs, name, message), lastId: id === '' ? state.lastId : id };
    onRuns(state.runs);
  };
  const takeConnection = (connection: Connection): void => {
    state = { ...state, connection };
    onConnection(connection);
  };
  if (navigator.locks === undefined || typeof BroadcastChannel === 'undefined') {
    void follow(url, '', takeEvent, takeConnection);
    return;
  }
  const name = `gradloom ${url}`;
  const tab = crypto.randomUUID();
  const channel = new BroadcastChannel(name);
  const say = (word: Word): void => channel.postMessage(word);
  const waiting = new AbortController();
  let isLeader = false;
  let isInformed = false; // has all earlier events
  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    if (data.kind === 'ask') {
      if (isLeader) say({ kind: 'all', tab: data.tab, state });
    } else if (data.kind === 'all') {
      if (data.tab !== tab) return;
      isInformed = true;
      state = data.state;
      onRuns(state.runs);
      takeConnection(state.connection);
    } else if (data.kind === 'connection') {
      takeConnection(data.connection);
      if (data.connection.state === 'ended') waiting.abort();
    } else if (isInformed && !isLeader) {
      takeEvent(data.name, data.message, data.id);
    }
  };
  say({ kind: 'ask', tab });
  const lead = async (): Promise<void> => {
    isLeader = true;
    await follow(
      url,
      state.lastId,
      (name, message, id) => {
        takeEvent(name, message, id);
        say({ kind: 'event', name, message, id });
      },
      (connection) => {
        takeConnection(connection);
        say({ kind: 'connection', connection });
      },
    );
  };
  navigator.locks.request(name, { signal: waiting.signal }, lead).catch(() => {}); // the server has ended
}
