// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The sample NF as a process of its own, started with this process's Java and class path. */
final class NfProcess {
  private static final long STOP_TIMEOUT_S = 5;

  /** JVM options that matter to the NF too. */
  private static final List<String> JVM =
      List.of(
          "-Xms64m",
          "-Xmx64m",
          "-XX:+UseSerialGC",
          "--enable-native-access=ALL-UNNAMED",
          "--illegal-native-access=deny");

  private final Process process;
  private final StringBuffer output = new StringBuffer();
  private final Map<String, Long> counters = new LinkedHashMap<>();
  private final Thread reader;

  private NfProcess(Process process) {
    this.process = process;
    reader = new Thread(this::read, "iovtee-demo-nf");
    reader.setDaemon(true);
    reader.start();
  }

  static NfProcess start(Path socket, String mode) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(
        List.of("nf", "--socket", socket.toString(), "--mode", mode, "--sleep", "--counters"));
    return new NfProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  /** The last line of the form {@code counters received=1 returned=1} wins. */
  private void read() {
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(NfCommand.COUNTERS)) {
          keep(line.substring(NfCommand.COUNTERS.length()).strip());
        } else {
          output.append(line).append(System.lineSeparator());
        }
      }
    } catch (IOException e) {
      output.append(e);
    }
  }

  private synchronized void keep(String pairs) {
    for (String pair : pairs.split(" ")) {
      int equals = pair.indexOf('=');
      if (equals > 0 && pair.substring(equals + 1).chars().allMatch(Character::isDigit)) {
        counters.put(pair.substring(0, equals), Long.parseLong(pair.substring(equals + 1)));
      }
    }
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** What it printed besides its counters. */
  String tail() {
    return output.isEmpty() ? "it printed nothing" : output.toString().strip();
  }

  synchronized Map<String, Long> counters() {
    return new LinkedHashMap<>(counters);
  }

  /** Ends the NF with SIGTERM, so that it prints its last counters. */
  void stop() {
    if (!process.isAlive()) {
      return;
    }
    process.toHandle().destroy(); // Process.destroy would close its output before the last line
    try {
      if (!process.waitFor(STOP_TIMEOUT_S, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      reader.join(TimeUnit.SECONDS.toMillis(STOP_TIMEOUT_S));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
