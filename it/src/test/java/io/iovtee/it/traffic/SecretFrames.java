// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.traffic;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/**
 * Frames whose whole payload is the secret of the function that they are for. One for function
 * {@code n} goes to {@code 02:00:00:00:00:qn}, and on the veth pair comes in on queue {@code q}.
 */
final class SecretFrames {
  static final int LENGTH_MIN = 60;
  static final int LENGTH_MAX = 1514;

  private static final int SECRET_LENGTH = 8;

  /** Ethernet, IPv4, UDP. */
  private static final int HEADERS_LENGTH = 42;

  private final int queues;
  private final Random random;
  private final byte[][] secrets;
  private final byte[][] payloads;
  private final byte[] bytes = new byte[LENGTH_MAX];
  private int function;
  private int queue;
  private int length;

  SecretFrames(int functions, int queues, long seed) {
    this.queues = queues;
    random = new Random(seed);
    secrets = new byte[functions][SECRET_LENGTH];
    payloads = new byte[functions][LENGTH_MAX];
    for (int n = 0; n < functions; n++) {
      changeSecret(n);
    }
  }

  void changeSecret(int function) {
    random.nextBytes(secrets[function]);
    for (int at = 0; at < LENGTH_MAX; at++) {
      payloads[function][at] = secrets[function][at % SECRET_LENGTH];
    }
  }

  byte[] secret(int function) {
    return secrets[function];
  }

  /** Makes another frame: as many on the function's own queue as on all others. */
  void next() {
    function = random.nextInt(secrets.length);
    queue = random.nextBoolean() ? function : random.nextInt(queues);
    length = LENGTH_MIN + random.nextInt(LENGTH_MAX - LENGTH_MIN + 1);
    System.arraycopy(payloads[function], 0, bytes, HEADERS_LENGTH, length - HEADERS_LENGTH);
    ByteBuffer headers = ByteBuffer.wrap(bytes);
    headers.putInt(0x02000000).put((byte) 0).put((byte) (queue << 4 | function));
    headers.putInt(0x02000000).putShort((short) 1).putShort((short) 0x0800);
    // UDP of random ports: flows that RSS can spread.
    headers.putShort((short) 0x4500).putShort((short) (length - 14)).putInt(0);
    headers.putShort((short) 0x4011).putShort((short) 0).putInt(0x0a000001).putInt(0x0a000002);
    headers.putInt(random.nextInt()).putShort((short) (length - 34)).putShort((short) 0);
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  int function() {
    return function;
  }

  int queue() {
    return queue;
  }

  /** Whether all of a frame that was delivered is the function's, but for its headers. */
  boolean isFor(int function, byte[] frame, int length) {
    int payload = length - HEADERS_LENGTH;
    return payload > 0
        && Arrays.equals(frame, HEADERS_LENGTH, length, payloads[function], 0, payload);
  }
}
