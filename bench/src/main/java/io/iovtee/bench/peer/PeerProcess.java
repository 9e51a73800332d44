// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import io.iovtee.vswitch.linux.Scheduler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A child process that is talked to in lines: commands on its stdin, answers on its stdout and
 * stderr together. Ends with this JVM at the latest.
 */
public final class PeerProcess implements AutoCloseable {
  /** How long a process may take to end once it was killed; the kernel frees its memory then. */
  private static final long KILL_TIMEOUT_MS = 10_000;

  /** Characters of output that an error message quotes. */
  private static final int QUOTE_LENGTH = 2000;

  private final String name;
  private final Process process;
  private final Transcript transcript = new Transcript();
  private final CleanUp cleanUp;

  private PeerProcess(String name, Process process) {
    this.name = name;
    this.process = process;
    this.cleanUp = CleanUp.register(name, this::kill);
  }

  /**
   * Starts a command.
   *
   * @param name what messages call it
   * @throws PeerException if it can not be started
   */
  public static PeerProcess start(String name, List<String> command) {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new PeerException(
          "could not start " + name + ": " + String.join(" ", command) + ": " + e.getMessage(), e);
    }
    PeerProcess peer = new PeerProcess(name, process);
    Thread reader = new Thread(peer::readOutput, name + "-output");
    reader.setDaemon(true);
    reader.start();
    return peer;
  }

  public String name() {
    return name;
  }

  public long pid() {
    return process.pid();
  }

  public boolean alive() {
    return process.isAlive();
  }

  /** Where the next output will stand; for {@link #await}. */
  public long position() {
    return transcript.position();
  }

  /** Everything that the process has written and that is still remembered. */
  public String output() {
    return transcript.from(0);
  }

  /** Output from a position on. */
  public String output(long position) {
    return transcript.from(position);
  }

  /** Writes one line to the process's stdin. */
  public void send(String line) {
    try {
      OutputStream stdin = process.getOutputStream();
      stdin.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      stdin.flush();
    } catch (IOException e) {
      throw new PeerException(failure("does not take commands: " + line), e);
    }
  }

  /**
   * Waits for output that matches.
   *
   * @param position where to begin
   * @param what what is waited for, for the message
   * @return the output from {@code position} to the end of the match
   * @throws PeerException if the time is over or the process ended
   */
  public String await(long position, Pattern pattern, long timeoutMs, String what) {
    String text;
    try {
      text = transcript.await(position, pattern, timeoutMs);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException("interrupted while waiting for " + name + ": " + what, e);
    }
    if (text == null) {
      throw new PeerException(
          failure(
              (!transcript.ended()
                      ? "gave no answer in " + timeoutMs + " ms: "
                      : "ended while waiting for: ")
                  + what));
    }
    return text;
  }

  /** Stops all its threads (SIGSTOP): the process keeps its memory and connections, and no core. */
  public void pause() {
    Commands.run("kill", "-STOP", Long.toString(pid()));
  }

  /** Undoes {@link #pause}. */
  public void resume() {
    Commands.run("kill", "-CONT", Long.toString(pid()));
  }

  /** Asks it to end (SIGTERM); see {@link #awaitEnd}. */
  public void terminate() {
    process.destroy();
  }

  /**
   * Gives all its threads that may run on one core only, and those that they will start, the
   * highest priority of the normal scheduling class (nice -20): what else wakes up there waits.
   * Needs CAP_SYS_NICE.
   */
  public void raisePriority(int cpu) {
    BitSet core = new BitSet();
    core.set(cpu);
    List<String> command = new ArrayList<>(List.of("renice", "-n", "-20", "-p"));
    for (int thread : SchedStat.threads(pid()).keySet()) {
      if (Scheduler.affinity(thread).equals(core)) {
        command.add(Integer.toString(thread));
      }
    }
    Commands.run(command.toArray(String[]::new));
  }

  /** Waits for its end; false if it still runs. */
  public boolean awaitEnd(long timeoutMs) {
    try {
      return process.waitFor(timeoutMs, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Exit status of an ended process. */
  public int exitStatus() {
    return process.exitValue();
  }

  /**
   * Ends it by its command {@code quit}, and by SIGKILL if it does not take that or takes too long.
   */
  public void quit(long timeoutMs) {
    if (alive()) {
      try {
        send("quit");
        awaitEnd(timeoutMs);
      } catch (PeerException e) {
        // It takes no commands any more: close() below kills it.
        System.err.println(e.getMessage());
      }
    }
    close();
  }

  /** Kills it (SIGKILL, by its id) if it still runs. */
  @Override
  public void close() {
    cleanUp.close();
  }

  /** A message about this process that quotes the end of its output. */
  public String failure(String problem) {
    return name
        + " (pid "
        + pid()
        + ") "
        + problem
        + "\n--- end of its output ---\n"
        + transcript.tail(QUOTE_LENGTH).strip();
  }

  private void kill() {
    if (process.isAlive()) {
      process.destroyForcibly();
    }
    if (!awaitEnd(KILL_TIMEOUT_MS)) {
      throw new PeerException(name + " (pid " + pid() + ") did not end after SIGKILL");
    }
  }

  private void readOutput() {
    byte[] buffer = new byte[8192];
    try (InputStream output = process.getInputStream()) {
      for (int n = output.read(buffer); n >= 0; n = output.read(buffer)) {
        transcript.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
      }
    } catch (IOException e) {
      transcript.append("\n(output lost: " + e.getMessage() + ")\n");
    } finally {
      transcript.end();
    }
  }
}
