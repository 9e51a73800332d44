// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.ClusterCookie;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.store.TableContent;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iovtee flow}: the rules of a running switch. */
@Command(
    name = "flow",
    mixinStandardHelpOptions = true,
    description = "Lists and changes the rules of a running switch (OVS text form).")
final class FlowCommand {
  private static final String PATH = "/api/v1/flows";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(mixinStandardHelpOptions = true, description = "Lists all rules with their counters.")
  int list(@Mixin ServerOptions server) {
    return server.print(spec.commandLine().getOut(), PATH);
  }

  @Command(mixinStandardHelpOptions = true, description = "Adds a rule, or replaces its equal.")
  int add(
      @Mixin ServerOptions server,
      @Parameters(
              paramLabel = "RULE",
              description =
                  "for example in_port=uplink,dl_dst=02:00:00:00:00:11,actions=output:nf1")
          String rule) {
    return ServerOptions.done(spec, server.send("POST", PATH, rule, "text/plain", "").body());
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists all rules as ovs-ofctl dump-flows does, with duration and idle age.")
  int dump(@Mixin ServerOptions server) {
    return ServerOptions.done(spec, server.getText(PATH + "?view=dump"));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Gives rules other actions; their counters, cookies and timeouts stay.",
        "Meant are all rules with this match or a narrower one, as with ovs-ofctl mod-flows;"
            + " with cookie=VALUE/MASK those of them whose cookie has these bits."
      })
  int modify(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "RULE", description = "for example udp,actions=output:nf2")
          String rule,
      @Option(
              names = "--strict",
              description = "only the rule with exactly this match and priority")
          boolean strict) {
    String path = PATH + (strict ? "?strict=true" : "");
    return ServerOptions.done(spec, server.send("PATCH", path, rule, "text/plain", "").body());
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Carries out a file's commands, all at once or none, as ovs-ofctl bundle.",
        "One a line: a rule behind add, modify, modify_strict, delete or delete_strict; a group"
            + " behind group and add, modify, add_or_mod, delete, insert_bucket or remove_bucket;"
            + " a meter behind meter and add, modify, add_or_mod or delete. Without a word it is"
            + " added; # starts a comment."
      })
  int bundle(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "FILE", description = "the commands; - for standard input")
          String file)
      throws IOException {
    return ServerOptions.done(spec, server.sendRules("POST", PATH + "/bundle", file, ""));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Deletes the rule with this id, or the rules with exactly this match.",
        "cookie=VALUE/MASK, out_port=PORT and out_group=N leave only such rules: all of one"
            + " owner go with --loose cookie=7/-1."
      })
  int delete(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "ID|MATCH", description = "an id from 'flow list', or a match")
          String which,
      @Option(
              names = "--loose",
              description = "with a match: also the rules whose match is narrower")
          boolean loose) {
    boolean isId = !which.isEmpty() && which.chars().allMatch(Character::isDigit);
    if (isId && loose) {
      throw new UsageException("--loose goes with a match, not with an id: " + which);
    }
    String match = "?match=" + ServerOptions.encode(which) + (loose ? "&loose=true" : "");
    String path = isId ? PATH + "/" + which : PATH + match;
    return ServerOptions.done(spec, server.send("DELETE", path, null, "", "").body());
  }

  @Command(
      name = "add-flows",
      mixinStandardHelpOptions = true,
      description = {
        "Adds a file's rules, all at once or none: one a line, # starts a comment.",
        "As many as the table takes; the file is sent as it is read."
      })
  int addFlows(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "FILE", description = "the rules; - for standard input") String file)
      throws IOException {
    return ServerOptions.done(spec, server.sendRules("POST", PATH, file, ""));
  }

  @Command(
      aliases = "replace-flows",
      mixinStandardHelpOptions = true,
      description = {
        "Makes the rules equal to a file's: one rule a line, # starts a comment.",
        "Groups and meters, too, if the file has any; else they stay as they are.",
        "All at once: no frame meets half of the old and half of the new ones."
      })
  int replace(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "FILE", description = "the rules; - for standard input") String file)
      throws IOException {
    return ServerOptions.done(spec, server.sendRules("PUT", PATH, file, "*"));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Reads a file of rules, groups and meters as the switch would, without asking one.",
        "Says which line is wrong, and which rules can never match."
      })
  int check(
      @Parameters(paramLabel = "FILE", description = "the rules; - for standard input") String file)
      throws IOException {
    TableContent read = RuleFile.content(file);
    List<String> notices = RuleFileCheck.notices(read);
    StringBuilder text = new StringBuilder();
    notices.forEach(notice -> text.append(file).append(": ").append(notice).append('\n'));
    text.append(
        "%s: %s, %s%n"
            .formatted(file, count(read.rules().size(), "rule"), count(notices.size(), "notice")));
    return ServerOptions.done(spec, text.toString());
  }

  private static String count(int count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Compares the switch's rules with a file's: - only the switch has, + only the file.",
        "Groups and meters, too, if the file has any; with two files always.",
        "Rules that a cluster has put there are no part of it: 'cluster flow diff'.",
        "Exit codes: 0 they are the same, 1 they differ, 2 an error."
      })
  int diff(
      @Mixin ServerOptions server,
      @Parameters(
              index = "0",
              paramLabel = "FILE",
              description = "rules, groups and meters; - for standard input")
          String file,
      @Parameters(
              index = "1",
              arity = "0..1",
              paramLabel = "FILE",
              defaultValue = "",
              description = "compares the first file with this one, and asks no switch")
          String other) {
    return TableDifference.answer(
        spec,
        server.isJson(),
        () ->
            other.isEmpty()
                ? withSwitch(server, file)
                : TableDifference.between(RuleFile.content(file), RuleFile.content(other)));
  }

  private TableDifference withSwitch(ServerOptions server, String file) throws IOException {
    TableContent wanted = RuleFile.content(file);
    TableContent read = new WholeTable(server).read();
    TableContent present =
        new TableContent(
            read.groups(),
            read.rules().stream().filter(rule -> !ClusterCookie.isOn(rule)).toList());
    if (wanted.groups().isPresent()) {
      return TableDifference.between(present, wanted);
    }
    GroupStore kept = present.groupsOrNone();
    if (!kept.equals(GroupStore.EMPTY)) {
      warn(
          "%s names no group and no meter: those of the switch (%s, %s) were not compared"
              .formatted(
                  file,
                  count(kept.groups().size(), "group"),
                  count(kept.meters().size(), "meter")));
    }
    return TableDifference.between(TableContent.ofRules(present.rules()), wanted);
  }

  private void warn(String message) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("iovtee: " + message);
    err.flush();
  }
}
