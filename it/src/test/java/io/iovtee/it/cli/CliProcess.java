// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import io.iovtee.it.peers.TestSwitch;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** One run of the packaged switch's command line, with all that it printed. */
public final class CliProcess implements AutoCloseable {
  private static final Pattern DASHBOARD = Pattern.compile("dashboard: (https?://[0-9.]+:[0-9]+)/");

  /** Longer than any start on a busy machine. */
  private static final long WAIT_S = 300;

  /** Where the tests run below nohup the signal is ignored, and a JVM leaves that so. */
  private static final List<String> HEARS_HANGUP = List.of("env", "--default-signal=HUP");

  private final Process process;
  private final StringBuffer out = new StringBuffer();
  private final StringBuffer err = new StringBuffer();
  private final Thread outReader;
  private final Thread errReader;

  private CliProcess(Process process) {
    this.process = process;
    outReader = reader(process.inputReader(), out);
    errReader = reader(process.errorReader(), err);
  }

  /** Starts {@code iovtee ARGUMENTS} without plugins, but for those that the arguments name. */
  public static CliProcess start(String... arguments) {
    return start(List.of(), arguments);
  }

  /**
   * Starts it below another command.
   *
   * @param wrapper what runs the JVM, for example setpriv with its options; may be empty
   */
  public static CliProcess start(List<String> wrapper, String... arguments) {
    return start(Path.of("no-such-directory"), wrapper, arguments);
  }

  /** As above, with the plugin jar that the build made. */
  public static CliProcess startWithPlugin(List<String> wrapper, String... arguments) {
    return start(TestSwitch.pluginDirectory(), wrapper, arguments);
  }

  private static CliProcess start(Path plugins, List<String> wrapper, String... arguments) {
    List<String> command = new ArrayList<>(HEARS_HANGUP);
    command.addAll(wrapper);
    command.addAll(command(plugins, arguments));
    try {
      return new CliProcess(new ProcessBuilder(command).start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As one line for a shell; without plugins. */
  static String shellLine(String... arguments) {
    return command(Path.of("no-such-directory"), arguments).stream()
        .map(word -> "'" + word + "'")
        .collect(Collectors.joining(" "));
  }

  private static List<String> command(Path plugins, String... arguments) {
    Path root = Path.of(System.getProperty("iovtee.root", "..")).toAbsolutePath();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + root.resolve("conf/jvm.options"));
    Path jar = jar(root.resolve("reference-switch/target"));
    command.addAll(QuickStart.options(command, jar, arguments));
    command.add("-Diovtee.plugins=" + plugins);
    command.add("-jar");
    command.add(jar.toString());
    command.addAll(List.of(arguments));
    return command;
  }

  private static Path jar(Path directory) {
    try (DirectoryStream<Path> jars =
        Files.newDirectoryStream(directory, "reference-switch-*.jar")) {
      for (Path jar : jars) {
        return jar;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new AssertionError("no packaged switch in " + directory + ": run mvn package first");
  }

  private static Thread reader(BufferedReader from, StringBuffer to) {
    return Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try (from) {
            for (String line = from.readLine(); line != null; line = from.readLine()) {
              to.append(line).append('\n');
            }
          } catch (IOException e) {
            to.append(e);
          }
        });
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  public String out() {
    return out.toString();
  }

  public String err() {
    return err.toString();
  }

  /**
   * {@code iovtee nf}, which checks the numbered frames that it receives and says at its end what
   * it counted.
   *
   * @param socket of its port
   * @param flows flows of the frames
   */
  static CliProcess startCheckingNf(Path socket, int flows) {
    return start(
        "nf",
        "--socket",
        socket.toString(),
        "--mode",
        "sink",
        "--sleep",
        "--verify",
        "--flows",
        String.valueOf(flows),
        "--counters");
  }

  /** What a network function counted, once it has ended. */
  long counter(String name) {
    Matcher matcher = Pattern.compile("counters .*\\b" + name + "=(\\d+)").matcher(out);
    if (!matcher.find()) {
      throw new AssertionError(name + " in " + out);
    }
    return Long.parseLong(matcher.group(1));
  }

  /** SIGHUP. */
  void hangUp() throws IOException, InterruptedException {
    int code = new ProcessBuilder("kill", "-HUP", String.valueOf(pid())).start().waitFor();
    if (code != 0) {
      throw new AssertionError("kill -HUP " + pid() + ": " + code);
    }
  }

  /** Waits for the end; returns the exit code. */
  public int await() throws InterruptedException {
    if (!process.waitFor(WAIT_S, TimeUnit.SECONDS)) {
      throw new AssertionError("still runs: " + out + err);
    }
    outReader.join();
    errReader.join();
    return process.exitValue();
  }

  /** Waits until stdout and stderr together contain the text. */
  public void awaitText(String text) throws InterruptedException {
    long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_S);
    while (!out.toString().contains(text) && !err.toString().contains(text)) {
      if (!process.isAlive() || System.nanoTime() - endNs > 0) {
        throw new AssertionError("no '" + text + "' in: " + out + err);
      }
      Thread.sleep(20);
    }
  }

  /**
   * Waits until a switch says where its HTTP API is; returns {@code http://ADDRESS:PORT}, or https.
   */
  public String awaitServer() throws InterruptedException {
    awaitText("dashboard: ");
    Matcher url = DASHBOARD.matcher(out() + err());
    if (!url.find()) {
      throw new AssertionError("no address behind 'dashboard: ' in: " + out + err);
    }
    return url.group(1);
  }

  /** SIGTERM. */
  public void terminate() {
    process.toHandle().destroy(); // Process.destroy would close the streams, too
  }

  /** SIGKILL. */
  public void kill() {
    process.destroyForcibly();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
