import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createLiveArea, type LiveArea, type Picture } from '../../../../packages/cli/src/terminal/live-area.ts';
import { createProgressLine } from '../../../../packages/cli/src/terminal/progress-line.ts';
import { expectPrintable, hostile } from '../../../support/hostile-text.ts';
import { createScreen, type Screen } from '../../../support/screen.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
});

/** Two lines, the first as wide as a line may be. */
const picture = (name: string): Picture => ({
  lines: (columns) => [`${name} `.padEnd(columns - 1, '='), `two ${name}`],
  plain: () => `plain ${name}`,
});

function open(columns: number, rows?: number, env: Record<string, string> = {}): { screen: Screen; area: LiveArea } {
  const screen = createScreen(columns, rows);
  screen.stream.write('before\n');
  return { screen, area: createLiveArea({ stderr: screen.stream, env }) };
}

const bar = (name: string, columns: number) => `${name} `.padEnd(columns - 1, '=');

describe('on a terminal', () => {
  test('a frame takes the place of the one before, and work that is soon over shows none', async () => {
    const { screen, area } = open(30);
    vi.advanceTimersByTime(299);
    area.show(picture('a'));
    area.line('too early');
    expect(await screen.lines()).toEqual(['before']);
    vi.advanceTimersByTime(1);
    area.show(picture('a'));
    expect(await screen.lines()).toEqual(['before', bar('a', 30), 'two a']);
    vi.advanceTimersByTime(100);
    area.show(picture('b'));
    expect(await screen.lines()).toEqual(['before', bar('b', 30), 'two b']);
    expect(await screen.cursor()).toEqual({ column: 0, line: 3 });
    area.stop();
    screen.stream.write('after\n');
    expect(await screen.lines()).toEqual(['before', 'after']);
  });

  test('text from outside is text in a frame, and in a line above it', () => {
    const { screen, area } = open(80);
    vi.advanceTimersByTime(300);
    area.show({ lines: () => [hostile], plain: () => hostile });
    area.print(hostile);
    area.stop();
    expectPrintable(String(screen.stream.read()), { terminal: true });
  });

  test('a second has at most ten frames', () => {
    const { area } = open(30);
    vi.advanceTimersByTime(300);
    const lines = vi.fn((): string[] => ['frame']);
    for (let ms = 0; ms < 1000; ms++, vi.advanceTimersByTime(1)) area.show({ lines, plain: () => '' });
    expect(lines).toHaveBeenCalledTimes(10);
    area.stop();
  });

  test('lines and notes stay above the frame, notes before the first frame too', async () => {
    const { screen, area } = open(30);
    area.print('early');
    vi.advanceTimersByTime(300);
    area.show(picture('a'));
    area.line('epoch 1');
    area.print('a warning that takes more than one line');
    expect(await screen.lines()).toEqual([
      'before',
      'early',
      'epoch 1',
      'a warning that takes more',
      'than one line',
      bar('a', 30),
      'two a',
    ]);
    area.stop();
    expect(await screen.lines()).toEqual(['before', 'early', 'epoch 1', 'a warning that takes more', 'than one line']);
  });

  test('what is typed meanwhile shifts no line, whenever the terminal shows it', async () => {
    const screen = createScreen(30);
    screen.stream.write('before\n');
    const write = screen.stream.write.bind(screen.stream);
    screen.stream.write = (chunk: string) => write(`${chunk}^C`);
    const area = createLiveArea({ stderr: screen.stream, env: {} });
    vi.advanceTimersByTime(300);
    area.show(picture('a'));
    area.print('a warning');
    area.print('another');
    vi.advanceTimersByTime(100);
    area.show(picture('b'));
    expect((await screen.lines()).slice(0, 5)).toEqual(['before', 'a warning', 'another', bar('b', 30), 'two b']);
    area.stop();
    expect(await screen.lines()).toEqual(['before', 'a warning', 'another', '^C']);
  });

  test.each([[[17]], [[25, 12]], [[90]], [[7, 60]]])(
    'a width that changes to %j leaves nothing behind',
    async (widths) => {
      const { screen, area } = open(60);
      vi.advanceTimersByTime(300);
      area.show(picture('a'));
      for (const width of widths) {
        vi.advanceTimersByTime(100);
        await screen.resize(width);
        expect(await screen.lines()).toEqual(['before', bar('a', width), 'two a']);
      }
      // Too soon for a frame: lines are folded when it ends, or when a line is to stay.
      await screen.resize(6);
      area.print('note');
      await screen.resize(5);
      area.stop();
      expect(await screen.lines()).toEqual(['befor', 'e', 'note']);
    },
  );

  test('a frame never fills the height, and scrolls nothing away', async () => {
    const { screen, area } = open(30, 3);
    for (const name of ['a', 'b', 'c']) {
      vi.advanceTimersByTime(300);
      area.show(picture(name));
    }
    expect(await screen.lines()).toEqual(['before', bar('c', 30)]);
    area.stop();
    expect(await screen.lines()).toEqual(['before']);
  });

  test('a process that continues after a shell draws below what the shell has printed', async () => {
    const { screen, area } = open(30);
    vi.advanceTimersByTime(300);
    area.show(picture('a'));
    screen.stream.write('stopped\n$ fg\n');
    process.emit('SIGCONT');
    vi.advanceTimersByTime(100);
    area.show(picture('b'));
    area.stop();
    expect(await screen.lines()).toEqual(['before', bar('a', 30), 'two a', 'stopped', '$ fg']);
    expect(process.listenerCount('SIGCONT')).toBe(0);
    expect(screen.stream.listenerCount('resize')).toBe(0);
  });

  test('the cursor is never hidden, so a killed process leaves a usable terminal', async () => {
    const { screen, area } = open(30);
    vi.advanceTimersByTime(300);
    area.show(picture('a'));
    area.print('note');
    const text = String(screen.stream.read());
    expect(text).not.toMatch(/\?(25l|7l|1049h)/);
    expect(text.match(/\?2026h/g)?.length).toBe(text.match(/\?2026l/g)?.length);
    area.stop();
  });
});

describe.each([
  ['no terminal', false, {}],
  ['TERM=dumb', true, { TERM: 'dumb' }],
])('on %s', (_name, isTTY, env) => {
  test('there are plain lines: from the first second on, and a sign of life after half a minute without one', () => {
    const stderr = Object.assign(createScreen(80).stream, { isTTY });
    const area = createLiveArea({ stderr, env });
    area.line('too early');
    area.show(picture('a'));
    area.print('warning');
    vi.advanceTimersByTime(1000);
    area.line('epoch 1');
    vi.advanceTimersByTime(29_999);
    area.show(picture('b'));
    vi.advanceTimersByTime(1);
    area.show(picture('c'));
    area.show(picture('d'));
    area.stop();
    expect(String(stderr.read())).toBe('warning\nepoch 1\nplain c\n');
  });
});

describe('a status line', () => {
  test('without a terminal is a line at the start of long work and after a minute, and none for a program', () => {
    const lines = (isRead: boolean): string => {
      const stderr = new PassThrough();
      const { show } = createProgressLine('search', { stderr }, isRead);
      show('run 1 of 9, about 9 s left', 9000);
      show('run 2 of 9, about 3 min left', 180_000);
      for (let second = 0; second < 125; second++) {
        vi.advanceTimersByTime(1000);
        show(`second ${second + 1}`, 180_000);
      }
      return String(stderr.read() ?? '');
    };
    expect(lines(false)).toBe('search: run 2 of 9, about 3 min left\nsearch: second 60\nsearch: second 120\n');
    expect(lines(true)).toBe('');
  });

  test('on a terminal is replaced by the next, and whole words only', async () => {
    const screen = createScreen(20);
    const { show, clear } = createProgressLine('scale', { stderr: screen.stream });
    show('warming up');
    show('round 1 of 7, about 3 min left');
    expect(await screen.lines()).toEqual(['scale: round 1 of']);
    clear();
    expect(await screen.lines()).toEqual([]);
  });
});
