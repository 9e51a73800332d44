// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Poll;
import io.iovtee.vswitch.linux.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Optional;

/**
 * The terminal while {@code iovtee top} has it: its second screen, without a cursor, keys one by
 * one. However the process ends, but for SIGKILL, the terminal is left as it was.
 */
final class TopTerminal implements AutoCloseable {
  private static final String ENTER = "\u001b[?1049h\u001b[?25l";
  private static final String LEAVE = "\u001b[?25h\u001b[?1049l";

  private final Terminal output;
  private final Optional<Terminal> keys;
  private final PrintWriter out;
  private final Poll poll = new Poll(1);
  private final Thread atEnd = new Thread(this::leave, "iovtee-terminal");
  private boolean left;

  private TopTerminal(Terminal output, Optional<Terminal> keys, PrintWriter out) {
    this.output = output;
    this.keys = keys;
    this.out = out;
  }

  /** Takes the terminal; empty when standard output is none. */
  static Optional<TopTerminal> take(PrintWriter out) {
    Optional<Terminal> output = Terminal.of(Terminal.STDOUT);
    if (output.isEmpty()) {
      return Optional.empty();
    }
    TopTerminal taken = new TopTerminal(output.get(), Terminal.of(Terminal.STDIN), out);
    Runtime.getRuntime().addShutdownHook(taken.atEnd); // Ctrl-C, SIGTERM, SIGHUP
    taken.enter();
    return Optional.of(taken);
  }

  private synchronized void enter() {
    keys.ifPresent(terminal -> {
      terminal.readKeys();
      poll.set(0, Fd.of(Terminal.STDIN, "stdin"), Poll.IN);
    });
    out.print(ENTER);
    out.flush();
  }

  /** Shows the text; nothing once the terminal was given back. */
  synchronized void show(String text) {
    if (!left) {
      out.print(text);
      out.flush();
    }
  }

  /** Columns and rows; what a terminal that does not say has had since 1978. */
  Terminal.Size size() {
    return output.size().orElse(new Terminal.Size(80, 24));
  }

  /**
   * Waits for a key.
   *
   * @param timeoutMs milliseconds at most
   * @return the key, -1 for none, {@code 'q'} when the terminal is gone
   */
  int awaitKey(int timeoutMs) {
    try {
      boolean waits = keys.isPresent() && System.in.available() > 0;
      if (waits || poll.await(timeoutMs) > 0) {
        int key = System.in.read();
        return key < 0 ? 'q' : key;
      }
      return -1;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private synchronized void leave() {
    if (!left) {
      left = true;
      out.print(LEAVE);
      out.flush();
      keys.ifPresent(Terminal::restore);
    }
  }

  @Override
  public void close() {
    leave();
    try {
      Runtime.getRuntime().removeShutdownHook(atEnd);
    } catch (IllegalStateException e) {
      // The process ends already, and the hook has done it.
    }
  }
}
