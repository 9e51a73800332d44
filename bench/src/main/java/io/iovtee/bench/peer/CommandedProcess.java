// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A program of ours as a child process: it writes a line when it is ready, answers each command
 * with a line, and ends at {@code quit} ({@link CommandLoop}).
 */
public final class CommandedProcess implements AutoCloseable {
  /** JVM start, connections, a plugin: one to two seconds on a free core. */
  public static final long START_TIMEOUT_MS = 60_000;

  /** Its command thread may share the core with one that is busy. */
  private static final long ANSWER_TIMEOUT_MS = 10_000;

  private static final long QUIT_TIMEOUT_MS = 10_000;

  private final PeerProcess process;

  private CommandedProcess(PeerProcess process) {
    this.process = process;
  }

  /**
   * Starts it, and waits until it is ready.
   *
   * @param name what messages call it
   * @param ready the line that says so
   * @throws PeerException if it is not, in {@link #START_TIMEOUT_MS}
   */
  public static CommandedProcess start(String name, List<String> command, String ready) {
    PeerProcess process = PeerProcess.start(name, command);
    try {
      Pattern line = Pattern.compile("(?m)^" + Pattern.quote(ready) + "$");
      process.await(0, line, START_TIMEOUT_MS, "'" + ready + "'");
    } catch (PeerException e) {
      process.close();
      throw e;
    }
    return new CommandedProcess(process);
  }

  /** The process, for its id and its output. */
  public PeerProcess process() {
    return process;
  }

  /**
   * Sends a command, and waits for its answer.
   *
   * @param word the first one of the answer
   * @return the answer's line, without its end
   */
  public String ask(String command, String word) {
    return answer(send(command), word, ANSWER_TIMEOUT_MS);
  }

  /** Sends a command whose {@link #answer} is waited for later; returns what that needs. */
  public long send(String command) {
    long position = process.position();
    process.send(command);
    return position;
  }

  /**
   * Waits for an answer.
   *
   * @param position of {@link #send}
   * @param word the first one of the answer
   * @return the answer's line, without its end
   */
  public String answer(long position, String word, long timeoutMs) {
    Pattern line = Pattern.compile("(?m)^" + Pattern.quote(word) + "(?: [^\n]*)?\n");
    String text = process.await(position, line, timeoutMs, "'" + word + "'").stripTrailing();
    return text.substring(text.lastIndexOf('\n') + 1);
  }

  @Override
  public void close() {
    process.quit(QUIT_TIMEOUT_MS);
  }
}
