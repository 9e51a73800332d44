// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that read a file of rules and ask no switch. */
final class RuleFileCommandsTest {
  @TempDir private Path directory;

  private record Ran(int exitCode, String out, String err) {}

  private static Ran run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        Main.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    return new Ran(exitCode, out.toString(), err.toString());
  }

  private String file(String rules) throws IOException {
    return Files.writeString(directory.resolve("rules"), rules).toString();
  }

  @Test
  void traceOfAFile() throws IOException {
    String rules = file("tcp,tp_dst=80,actions=output:nf1\npriority=1,actions=drop\n");

    Ran ran = run("trace", "--rules", rules, "in_port=uplink,tcp,tp_dst=80");

    assertThat(ran.err()).isEmpty();
    assertThat(ran.exitCode()).isZero();
    assertThat(ran.out()).contains("rule    tcp,tp_dst=80,actions=output:nf1", "output  nf1");
    Ran bytes = run("trace", "--rules", rules, "in_port=uplink", "02000000001102000000002288b5");
    assertThat(bytes.out()).contains("output  none: dropped, rule");
  }

  @Test
  void checkOfAGoodFile() throws IOException {
    Ran ran =
        run(
            "flow",
            "check",
            file("priority=9,actions=goto_table:1\ntable=1,priority=1,arp,actions=flood\n"));

    assertThat(ran.exitCode()).isZero();
    assertThat(ran.out()).endsWith(": 2 rules, 0 notices\n");
  }

  @Test
  void checkSaysWhatIsProbablyNotMeant() throws IOException {
    Ran ran =
        run(
            "flow",
            "check",
            file(
                """
                priority=5,arp,actions=drop
                priority=5,arp,actions=normal
                priority=9,actions=flood
                priority=10,in_port=nf1,actions=output:nf1
                group_id=1,type=indirect,bucket=output:nf1
                priority=11,tcp,actions=meter:3,group:1
                priority=11,udp,actions=group:2
                priority=12,icmp6,actions=set_field:129->icmp_type,in_port
                """));

    assertThat(ran.exitCode()).isZero();
    assertThat(ran.out())
        .contains(
            "rule 2 takes the place of rule 1",
            "rule 1 never matches: a rule for all frames has priority 9",
            "rule 2 never matches",
            "rule 4 sends frames only to the port that they come from",
            "rule 5 names meter:3, which is not in this file",
            "rule 6 names group:2, which is not in this file",
            "rule 7 does set_field:129->icmp_type, a field that no frame with nw_proto=58 has",
            "7 rules, 7 notices");
  }

  @Test
  void checkOfAWrongFileNamesTheLine() throws IOException {
    Ran ran = run("flow", "check", file("actions=drop\nnw_src=1.2.3.4,actions=drop\n"));

    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.err()).contains("rules: line 2, column 1: nw_src=1.2.3.4: needs ip");
    assertThat(run("flow", "check", "/no/such/file").exitCode()).isEqualTo(1);
  }

  @Test
  void diffOfTwoFiles() throws IOException {
    String from = file("priority=1,arp,actions=drop\ntcp,actions=output:a1\nudp,actions=drop\n");
    String to =
        Files.writeString(
                directory.resolve("other"),
                "udp,actions=drop\ntcp,actions=output:a2\npriority=1,ip,actions=drop\n")
            .toString();

    Ran ran = run("flow", "diff", from, to);

    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.out().lines())
        .containsExactly(
            "-priority=1,arp,actions=drop",
            "-tcp,actions=output:a1",
            "+tcp,actions=output:a2",
            "+priority=1,ip,actions=drop");
    Ran same = run("flow", "diff", from, from);
    assertThat(same.exitCode()).isZero();
    assertThat(same.out()).isEmpty();
  }

  private String file(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text).toString();
  }

  @Test
  void diffKnowsGroupsAndMeters() throws IOException {
    String rule = "tcp,actions=meter:1,group:1\n";
    String meter = "meter=1,kbps,bands=type=drop,rate=5\n";
    String from = file(rule + meter + "group_id=1,type=all,bucket=output:a1\n");
    String to = file("other", "group_id=1,type=all,bucket=output:a2\n" + rule);

    Ran ran = run("flow", "diff", from, to);
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.out().lines())
        .containsExactly(
            "-meter=1,kbps,bands=type=drop,rate=5",
            "-group_id=1,type=all,bucket=bucket_id:0,actions=output:a1",
            "+group_id=1,type=all,bucket=bucket_id:0,actions=output:a2");
    assertThat(run("flow", "diff", from, to, "-o", "json").out())
        .startsWith("{\"same\":false,\"rules\":{\"removed\":[],\"added\":[]},")
        .contains(
            "\"groups\":{\"removed\":[\"group_id=1,type=all,bucket=bucket_id:0,",
            "],\"added\":[\"group_id=1,type=all,bucket=bucket_id:0,actions=output:a2\"]}",
            "\"meters\":{\"removed\":[\"meter=1,kbps,bands=type=drop,rate=5\"],\"added\":[]}}");
    assertThat(run("flow", "diff", from, file("rules.flows", rule)).exitCode()).isEqualTo(1);
    Ran same = run("flow", "diff", from, from, "-o", "json");
    assertThat(same.exitCode()).isZero();
    assertThat(same.out()).startsWith("{\"same\":true,");
  }

  @Test
  void filesAreReadAsTheSwitchReadsThem() throws IOException {
    String text =
        file(
            """
            udp,actions=group:1
            group_id=1,type=all,bucket=output:a1
            meter=1,pktps,bands=type=drop,rate=5
            """);
    String yaml =
        """
        flows: ["udp,actions=group:1"]
        groups: ["group_id=1,type=all,bucket=output:a1"]
        meters: [{meter: 1, unit: pktps, bands: [{type: drop, rate: 5}]}]
        """;
    assertThat(run("flow", "diff", text, file("all.yaml", yaml)).out()).isEmpty();
    file("flows.d/10.flows", "udp,actions=group:1\n");
    file("flows.d/20.yml", yaml.lines().skip(1).reduce("", (a, b) -> a + b + "\n"));
    String whole = directory.resolve("flows.d").toString();
    assertThat(run("flow", "diff", text, whole).exitCode()).isZero();
    assertThat(run("flow", "check", whole).out()).endsWith(": 1 rule, 0 notices\n");

    Ran wrong = run("flow", "check", file("flows.d/20.yml", "flows: [\"nw_src=1.2.3.4\"]\n"));
    assertThat(wrong.exitCode()).isEqualTo(1);
    assertThat(wrong.err()).contains("20.yml:1: flows: line 1, column 15: ");
    assertThat(run("flow", "check", "/no/such.json").err()).contains("/no/such.json: no such file");
  }

  @Test
  void diffThatCanNotBeMadeIsNoDifference() throws IOException {
    Ran noFile = run("flow", "diff", "/no/such/file", "/no/such/file");
    assertThat(noFile.exitCode()).isEqualTo(2);
    assertThat(noFile.err()).contains("/no/such/file");
    Ran noSwitch = run("flow", "diff", "--server", "http://127.0.0.1:9", file("actions=drop\n"));
    assertThat(noSwitch.exitCode()).isEqualTo(2);
    assertThat(noSwitch.err()).contains("no switch answers at http://127.0.0.1:9");
    assertThat(run("flow", "delete", "--loose", "7").err()).contains("--loose goes with a match");
  }
}
