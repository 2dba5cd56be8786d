import { connect, type Socket } from 'node:net';
import { isWhole, type Conversation } from './wire.js';

const READ_BYTES = 32_768;

/**
 * One keep-alive connection. Hand-made on a socket that reads into one buffer, since the client of node:http costs
 * more than the servers measured. Rejects on any answer but 200.
 */
export class Connection {
  private received = '';
  private answered: ((answer: string) => void) | null = null;

  private constructor(
    private readonly socket: Socket,
    private readonly fail: (error: Error) => void,
  ) {}

  static async open(port: number, fail: (error: Error) => void): Promise<Connection> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const opened: { connection?: Connection } = {};
    const socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(READ_BYTES),
        callback: (length, buffer) => {
          opened.connection?.read(length, buffer);
          return true;
        },
      },
    });
    socket.once('connect', () => {
      resolve(undefined);
    });
    socket.once('error', reject);
    await promise;
    opened.connection = new Connection(socket, fail);
    socket.on('error', fail);
    socket.once('close', () => {
      fail(new Error('the server closed a connection'));
    });
    return opened.connection;
  }

  /** `whenAnswered` is called with the whole answer. */
  send(conversation: Conversation, whenAnswered: (answer: string) => void): void {
    this.answered = whenAnswered;
    this.socket.write(conversation.next());
  }

  close(): void {
    this.socket.removeAllListeners('close');
    this.socket.destroy();
  }

  private read(length: number, buffer: Uint8Array): void {
    const text = (buffer as Buffer).toString('latin1', 0, length);
    this.received = this.received === '' ? text : this.received + text;
    if (!isWhole(this.received)) return;
    const whole = this.received;
    this.received = '';
    if (whole.startsWith('HTTP/1.1 200')) this.answered?.(whole);
    else this.fail(new Error(`not answered with 200 but:\n${whole.slice(0, 1000)}`));
  }
}
