// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where the numbers were taken: printed beside them, for a number without it says nothing. */
public final class Environment {
  private final Map<String, Object> facts = new LinkedHashMap<>();

  /** Takes what this machine and this JVM know of themselves. */
  public Environment() {
    note("cpuModel", firstGroup("/proc/cpuinfo", "model name\\s*:\\s*(.+)"));
    note("cpus", Runtime.getRuntime().availableProcessors());
    note("kernel", firstGroup("/proc/sys/kernel/osrelease", "(.+)"));
    note("jdk", System.getProperty("java.vm.version", "unknown"));
  }

  /** Adds a fact, for example the version of a peer. Text or a number. */
  public void note(String key, Object value) {
    facts.put(key, value);
  }

  Map<String, Object> toMap() {
    return facts;
  }

  /** One fact a line. */
  String text() {
    StringBuilder text = new StringBuilder();
    facts.forEach((key, value) -> text.append(String.format("%-14s %s%n", key, value)));
    return text.toString();
  }

  private static String firstGroup(String file, String regex) {
    try {
      Matcher matcher = Pattern.compile(regex).matcher(Files.readString(Path.of(file)));
      return matcher.find() ? matcher.group(1).strip() : "unknown";
    } catch (IOException e) {
      return "unknown";
    }
  }
}
