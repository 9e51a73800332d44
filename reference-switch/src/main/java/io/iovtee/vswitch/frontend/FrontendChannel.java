// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.frontend;

import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.FdMessages;
import io.iovtee.vswitch.linux.Poll;
import io.iovtee.vswitch.linux.UnixSocket;
import io.iovtee.vswitch.vhost.VhostUserMessage;
import io.iovtee.vswitch.vhost.VhostUserRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a back-end, message by message, without any opinion about their order or sense:
 * what {@link VhostUserFrontend} is built on, and what a hostile front-end needs.
 */
public final class FrontendChannel implements AutoCloseable {
  /** Header flags of a request: protocol version 1. */
  public static final int VERSION = 0x1;

  /** Header flag: please acknowledge. */
  public static final int NEED_REPLY = 0x8;

  private static final int REPLY = 0x4;

  /** For the back-end to answer, ms: it may wait for its poll loops that long. */
  private static final long REPLY_TIMEOUT_MS = 10_000;

  private final UnixSocket socket;
  private final FdMessages messages;
  private final Poll poll = new Poll(1);

  public FrontendChannel(UnixSocket socket) {
    this.socket = socket;
    this.messages = new FdMessages(socket);
  }

  /** Connects to a back-end that listens. */
  public static FrontendChannel connect(Path path) {
    return new FrontendChannel(UnixSocket.connect(path));
  }

  /** Sends a request with a payload. */
  public void send(int request, int flags, byte[] payload, Fd... fds) {
    ByteBuffer bytes = littleEndian(VhostUserMessage.HEADER_LENGTH + payload.length);
    bytes.putInt(request).putInt(flags).putInt(payload.length).put(payload);
    sendRaw(bytes.array(), fds);
  }

  /** Sends a request whose payload is made of 64-bit numbers. */
  public void send(VhostUserRequest request, boolean needReply, Fd[] fds, long... payload) {
    ByteBuffer bytes = littleEndian(payload.length * Long.BYTES);
    for (long word : payload) {
      bytes.putLong(word);
    }
    send(request.number(), needReply ? VERSION | NEED_REPLY : VERSION, bytes.array(), fds);
  }

  /** Sends bytes as they are; the descriptors go with the first. */
  public void sendRaw(byte[] bytes, Fd... fds) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment all = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      int sent = messages.send(all, true, fds);
      while (sent < bytes.length) {
        sent += messages.send(all.asSlice(sent), true);
      }
    } catch (ErrnoException e) {
      throw new FrontendException("back-end has closed the connection", e);
    }
  }

  /** Sends a request with a reply of its own and returns the reply's 64-bit payload. */
  public long ask(VhostUserRequest request, long... payload) {
    send(request, false, new Fd[0], payload);
    return receive(request);
  }

  /** Sends a request that must be acknowledged; throws when the back-end refuses it. */
  public void order(VhostUserRequest request, Fd[] fds, long... payload) {
    send(request, true, fds, payload);
    long answer = receive(request);
    if (answer != 0) {
      throw new FrontendException("back-end refused %s: answer=%d".formatted(request, answer));
    }
  }

  /** Receives the 64-bit reply to a request. */
  public long receive(VhostUserRequest request) {
    return receive(request.number());
  }

  /** As {@link #receive(VhostUserRequest)}, for any request number. */
  public long receive(int request) {
    ByteBuffer reply = receiveBytes(VhostUserMessage.HEADER_LENGTH + Long.BYTES);
    int number = reply.getInt();
    int flags = reply.getInt();
    int size = reply.getInt();
    if (number != request || flags != (VERSION | REPLY) || size != Long.BYTES) {
      throw new FrontendException(
          "back-end answered %s with request=%d, flags=0x%x, size=%d"
              .formatted(request, number, flags, size));
    }
    return reply.getLong();
  }

  private ByteBuffer receiveBytes(int length) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(REPLY_TIMEOUT_MS);
    byte[] bytes = new byte[length];
    int filled = 0;
    while (filled < length) {
      byte[] more = receiveSome(length - filled, deadline);
      if (more == null) {
        throw new FrontendException("back-end did not answer within " + REPLY_TIMEOUT_MS + " ms");
      }
      if (more.length == 0) {
        throw new FrontendException("back-end has closed the connection");
      }
      System.arraycopy(more, 0, bytes, filled, more.length);
      filled += more.length;
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Null after the deadline, empty at the end of the connection. */
  private byte @Nullable [] receiveSome(int length, long deadlineNs) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(length);
      while (true) {
        FdMessages.Received received = messages.receive(buffer, false);
        received.closeFds();
        if (!received.nothing()) {
          return buffer.asSlice(0, received.length()).toArray(ValueLayout.JAVA_BYTE);
        }
        long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
        if (leftMs <= 0) {
          return null;
        }
        poll.set(0, socket.fd(), Poll.IN);
        poll.await((int) leftMs);
      }
    }
  }

  /**
   * Reads away what the back-end sends until it closes the connection.
   *
   * @return false when it has not within the time
   */
  public boolean awaitClose(int timeoutMs) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    while (true) {
      byte[] bytes = receiveSome(VhostUserMessage.PAYLOAD_LENGTH_MAX, deadline);
      if (bytes == null) {
        return false;
      }
      if (bytes.length == 0) {
        return true;
      }
    }
  }

  /** Whether the back-end has closed the connection; does not wait, reads nothing. */
  public boolean isClosedByPeer() {
    poll.set(0, socket.fd(), 0);
    return poll.await(0) > 0 && (poll.ready(0) & (Poll.HUP | Poll.ERR)) != 0;
  }

  /** Whether there is something to receive, an end of the connection included; does not wait. */
  public boolean hasInput() {
    poll.set(0, socket.fd(), Poll.IN);
    return poll.await(0) > 0;
  }

  public UnixSocket socket() {
    return socket;
  }

  @Override
  public void close() {
    socket.close();
  }

  private static ByteBuffer littleEndian(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
