// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.ovs;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * One open connection to an Open vSwitch daemon, as {@code ovs-appctl} makes one for each command
 * (unixctl: JSON-RPC 1.0 over a stream socket): thousands of questions need no thousand processes.
 */
final class UnixControl implements AutoCloseable {
  private static final String RESULT = "\"result\":\"";

  private final SocketChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(64 << 10).flip();

  private UnixControl(SocketChannel channel) {
    this.channel = channel;
  }

  static UnixControl connect(Path socket) throws IOException {
    return new UnixControl(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
  }

  /** Asks one command; throws with the daemon's own words when it refuses. */
  String ask(String command, String... arguments) {
    StringBuilder request = new StringBuilder("{\"id\":0,\"method\":\"").append(command);
    request.append("\",\"params\":[");
    for (int i = 0; i < arguments.length; i++) {
      request.append(i == 0 ? "\"" : ",\"").append(arguments[i]).append('"');
    }
    request.append("]}");
    try {
      ByteBuffer bytes = ByteBuffer.wrap(request.toString().getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      String answer = readObject();
      int result = answer.indexOf(RESULT);
      if (result < 0) {
        throw new IllegalStateException(
            command + " " + String.join(" ", arguments) + ": " + answer);
      }
      return unescaped(answer, result + RESULT.length());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The JSON string that starts at {@code from}, behind its quotation mark. */
  private static String unescaped(String json, int from) {
    StringBuilder text = new StringBuilder();
    for (int i = from; json.charAt(i) != '"'; i++) {
      char c = json.charAt(i);
      if (c == '\\') {
        c = json.charAt(++i);
        switch (c) {
          case 'n' -> c = '\n';
          case 't' -> c = '\t';
          case 'u' -> {
            c = (char) Integer.parseInt(json, i + 1, i + 5, 16);
            i += 4;
          }
          default -> {}
        }
      }
      text.append(c);
    }
    return text.toString();
  }

  /** Bytes up to the brace that closes the first one: objects follow each other without a mark. */
  private String readObject() throws IOException {
    ByteArrayOutputStream object = new ByteArrayOutputStream();
    int depth = 0;
    boolean inString = false;
    boolean escaped = false;
    do {
      int b = readByte();
      object.write(b);
      if (escaped) {
        escaped = false;
      } else if (inString) {
        escaped = b == '\\';
        inString = b != '"';
      } else {
        inString = b == '"';
        depth += b == '{' ? 1 : b == '}' ? -1 : 0;
      }
    } while (depth > 0);
    return object.toString(StandardCharsets.UTF_8);
  }

  private int readByte() throws IOException {
    if (!buffer.hasRemaining()) {
      buffer.clear();
      if (channel.read(buffer) < 0) {
        throw new EOFException("Open vSwitch closed the connection");
      }
      buffer.flip();
    }
    return buffer.get();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
