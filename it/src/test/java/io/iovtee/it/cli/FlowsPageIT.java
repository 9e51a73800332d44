// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of docs/FLOWS.md, typed as they stand, print what stands below them. */
final class FlowsPageIT {
  private static final Pattern WORD = Pattern.compile("'([^']*)'|([^\\s']+)");
  private static final Pattern ABOUT = Pattern.compile("\\d+|\\.\\.\\.");

  /** Lines of a trace that depend on nothing but ports and rules. */
  private static final Pattern OF_RULES = Pattern.compile("(frame|key|lookup|rule|output) .*");

  @TempDir private Path directory;
  private String server = "";

  private record Typed(String command, List<String> printed) {}

  private static List<String> block(String start) throws IOException {
    Path page = Path.of(System.getProperty("iovtee.root", ".."), "docs", "FLOWS.md");
    List<String> lines = Files.readAllLines(page);
    int from = lines.indexOf(start);
    assertThat(from).as("the page has " + start).isPositive();
    return lines.subList(from, from + lines.subList(from, lines.size()).indexOf("```"));
  }

  private static List<Typed> typed(String start) throws IOException {
    List<Typed> all = new ArrayList<>();
    for (String line : block(start)) {
      if (line.startsWith("$ ")) {
        all.add(new Typed(line.substring(2), new ArrayList<>()));
      } else {
        all.getLast().printed().add(line);
      }
    }
    return all;
  }

  /** Runs what a shell would: one command, or several in parentheses into a file. */
  private List<String> run(String command) throws Exception {
    if (!command.startsWith("(")) {
      return one(command);
    }
    List<String> all = new ArrayList<>();
    int end = command.indexOf(") > ");
    for (String part : command.substring(1, end).split(";", -1)) {
      all.addAll(one(part.strip()));
    }
    Files.write(directory.resolve(command.substring(end + 4)), all);
    return List.of();
  }

  private List<String> one(String command) throws InterruptedException {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(command);
    while (matcher.find()) {
      String word = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
      Path file = directory.resolve(word.equals("before") ? word : "none");
      words.add(Files.exists(file) ? file.toString() : word);
    }
    assertThat(words.removeFirst()).endsWith("iovtee");
    words.addAll(List.of("--server", server));
    CliProcess process = CliProcess.start(words.toArray(String[]::new));
    assertThat(process.await()).as(command + process.err()).isLessThanOrEqualTo(1);
    assertThat(process.err()).as(command).isEmpty();
    return process.out().lines().toList();
  }

  /** Equal but for numbers, and what the page leaves out. */
  private static Pattern likeness(String line) {
    StringBuilder pattern = new StringBuilder();
    Matcher about = ABOUT.matcher(line);
    int from = 0;
    while (about.find()) {
      pattern.append(Pattern.quote(line.substring(from, about.start())));
      pattern.append(about.group().equals("...") ? ".*" : "[0-9]+");
      from = about.end();
    }
    return Pattern.compile(pattern + Pattern.quote(line.substring(from)));
  }

  private static void assertLike(Typed typed, List<String> shown, List<String> printed) {
    assertThat(printed).as(typed.command()).hasSameSizeAs(shown);
    for (int i = 0; i < shown.size(); i++) {
      assertThat(printed.get(i)).as(typed.command()).matches(likeness(shown.get(i)));
    }
  }

  private String configuration() throws IOException {
    String mirrors =
        String.join("\n", block("mirrors:"))
            .replace("/tmp/all.pcap", directory.resolve("all.pcap").toString());
    return """
    ports:
      uplink: {type: soft, dma: inline}
      nf1: {type: soft, dma: inline}
      nf2: {type: soft, dma: inline}
    flows: []
    plugins: {iovtee: {http: {port: 0}}}
    """
        + mirrors;
  }

  @Test
  void whatThePageShowsCanBeTyped() throws Exception {
    Path config = Files.writeString(directory.resolve("s.yaml"), configuration());
    try (CliProcess vswitch =
        CliProcess.startWithPlugin(List.of(), "run", "-c", config.toString())) {
      vswitch.awaitText(" runs: 4 ports"); // and the mirror's file
      server = vswitch.awaitServer();

      one("iovtee group add group_id=1,type=select,bucket=output:nf1");
      one("iovtee flow add in_port=nf1,actions=group:1");
      one("iovtee flow add in_port=nf2,actions=output:uplink");
      List<Typed> tables =
          typed("$ (iovtee meter dump; iovtee group dump; iovtee flow dump) > before");
      assertThat(tables).hasSize(4);
      for (Typed typed : tables) {
        assertLike(typed, typed.printed(), run(typed.command()));
      }
      assertThat(one("iovtee flow diff before")).as("after the replace").isEmpty();

      one("iovtee flow delete --loose ''");
      one("iovtee flow add priority=40000,arp,actions=flood");
      one("iovtee flow add in_port=uplink,dl_dst=02:00:00:00:00:11,actions=output:nf1");
      one("iovtee flow add priority=1,actions=normal");
      List<Typed> traces =
          typed("$ ./iovtee trace 'in_port=uplink,udp,dl_dst=02:00:00:00:00:11,tp_dst=53'");
      assertThat(traces).hasSize(2);
      for (Typed typed : traces) {
        List<String> printed = ofRules(run(typed.command()));
        List<String> shown = ofRules(typed.printed());
        assertLike(typed, shown.isEmpty() ? printed : shown, printed);
        assertThat(printed).as(typed.command()).contains("output  nf1, unchanged");
      }
      Typed send = typed("$ ./iovtee punt watch").getLast();
      assertLike(send, send.printed(), run(send.command()));
      assertThat(one("iovtee mirror list"))
          .anySatisfy(line -> assertThat(line).contains("tap ", "uplink", "nf1", "nf2"))
          .anySatisfy(line -> assertThat(line).contains("everything", "all"));
    }
  }

  private static List<String> ofRules(List<String> trace) {
    return trace.stream().filter(line -> OF_RULES.matcher(line).matches()).toList();
  }
}
