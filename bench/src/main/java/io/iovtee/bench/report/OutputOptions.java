// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a report goes; every bench command has these. Fields are set by picocli. */
final class OutputOptions {
  @Option(names = "--json", description = "Write one JSON object to stdout instead of a table.")
  private boolean json;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Also write the JSON object to this file.")
  private @Nullable Path out;

  @Option(
      names = "--chart",
      paramLabel = "FILE",
      description = "Also draw the results as an SVG bar chart.")
  private @Nullable Path chart;

  /** Writes it where the options say. */
  void write(Report report, PrintStream stdout) throws IOException {
    String text = JsonText.of(report.toMap());
    if (out != null) {
      Files.writeString(out, text + "\n");
    }
    if (chart != null) {
      Files.writeString(chart, Chart.of(report.rows()));
    }
    stdout.println(json ? text : report.toTable());
  }
}
