// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Action;
import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads one rule from one line. The words may stand in any order, only the actions come last: so
 * fields are collected first, and set once the protocols are known.
 */
final class RuleReader {
  /** Fields that only {@code ovs-ofctl dump-flows} prints; it ignores them in its input, too. */
  private static final Set<String> STATISTICS =
      Set.of("duration", "n_packets", "n_bytes", "idle_age", "hard_age");

  private static final Map<String, Integer> PORT_PROTOCOLS =
      Map.of("tcp", 6, "udp", 17, "sctp", 132);

  private static final String ALLOWED_WORDS =
      Arrays.stream(MatchField.values())
              .map(MatchField::fieldName)
              .collect(Collectors.joining(" ", "allowed: priority cookie ", "; "))
          + Arrays.stream(Shorthand.values())
              .map(Shorthand::word)
              .collect(Collectors.joining(" ", "", "; and at the end actions="));

  private final Line line;
  private final Match.Builder match = Match.builder();
  private final List<Word> fields = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private int priority = FlowRule.PRIORITY_DEFAULT;
  private long cookie;

  RuleReader(Line line) {
    this.line = line;
  }

  FlowRule read() {
    List<Action> actions = null;
    while (actions == null) {
      Word word = line.nextWord();
      if (word == null) {
        throw line.error(
            line.length() + 1,
            "end of line",
            "a rule ends with actions=, for example actions=drop");
      }
      if (word.name().equals("actions") || word.name().equals("action")) {
        actions = new ActionReader(line, word).read();
      } else {
        readWord(word);
      }
    }
    fields.sort(Comparator.comparingInt(RuleReader::step));
    for (Word field : fields) {
      setField(field);
    }
    for (Word field : fields) {
      checkPrerequisite(field);
    }
    return new FlowRule(priority, cookie, match.build(), actions);
  }

  private void readWord(Word word) {
    Shorthand shorthand = Shorthand.byWord(word.name());
    boolean eth = word.name().equals("eth");
    if ((shorthand != null || eth) && word.value() != null) {
      throw line.error(word, word.name() + " takes no value");
    }
    if (shorthand != null) {
      setShorthand(word, shorthand);
    } else if (eth) {
      // packet_type=(0,0): every frame here is Ethernet.
      return;
    } else if (word.name().equals("priority")) {
      once(word);
      priority = (int) number(word, FlowRule.PRIORITY_MAX);
    } else if (word.name().equals("cookie")) {
      once(word);
      cookie = number(word, -1L);
    } else if (word.name().equals("table")) {
      if (number(word, 255) != 0) {
        throw line.error(word, "more than one table is not supported; allowed: table=0");
      }
    } else if (word.name().equals("in_port")) {
      setInPort(word);
    } else if (fieldOf(word) != null || word.name().equals("ip_dscp")) {
      valueOf(word);
      fields.add(word);
    } else if (!STATISTICS.contains(word.name())) {
      throw unknown(word);
    }
  }

  private void setShorthand(Word word, Shorthand shorthand) {
    set(word, FieldMatch.exact(MatchField.DL_TYPE, shorthand.type()));
    if (shorthand.protocol() != Shorthand.ANY_PROTOCOL) {
      set(word, FieldMatch.exact(MatchField.NW_PROTO, shorthand.protocol()));
    }
  }

  private void setInPort(Word word) {
    try {
      match.inPort(Line.unquoted(valueOf(word)));
    } catch (IllegalArgumentException e) {
      throw line.error(word, e);
    }
  }

  /** What must be known before other fields can be read comes first. */
  private static int step(Word word) {
    MatchField field = fieldOf(word);
    return field == MatchField.DL_TYPE ? 0 : field == MatchField.NW_PROTO ? 1 : 2;
  }

  private static @Nullable MatchField fieldOf(Word word) {
    return Shorthand.portField(word.name());
  }

  private void setField(Word word) {
    String value = valueOf(word);
    try {
      set(word, parseField(word, value));
    } catch (IllegalArgumentException e) {
      throw line.error(word, e);
    }
  }

  private FieldMatch parseField(Word word, String value) {
    if (word.name().equals("ip_dscp")) {
      return FieldMatch.exact(MatchField.NW_TOS, NumberSyntax.parse(value, 63) << 2);
    }
    return FieldSyntax.parse(meantField(word), value);
  }

  private void set(Word word, FieldMatch field) {
    try {
      match.with(field);
    } catch (IllegalArgumentException e) {
      throw line.error(word, e);
    }
  }

  /** "For historical reasons" some names mean another field in ARP and ICMP (ovs-fields(7)). */
  private MatchField meantField(Word word) {
    MatchField field = fieldOf(word);
    if (field == null) {
      throw unknown(word);
    }
    boolean arp = match.allows(MatchField.ARP_OP);
    boolean icmp =
        match.allows(MatchField.ICMP_TYPE) && !Shorthand.PORT_FIELDS.containsKey(word.name());
    return switch (field) {
      case NW_SRC -> arp ? MatchField.ARP_SPA : field;
      case NW_DST -> arp ? MatchField.ARP_TPA : field;
      case NW_PROTO -> arp ? MatchField.ARP_OP : field;
      case TP_SRC -> icmp ? MatchField.ICMP_TYPE : field;
      case TP_DST -> icmp ? MatchField.ICMP_CODE : field;
      default -> field;
    };
  }

  private void checkPrerequisite(Word word) {
    if (word.name().equals("ip_dscp")) {
      checkPrerequisite(word, MatchField.NW_TOS);
      return;
    }
    checkPrerequisite(word, meantField(word));
    if (Shorthand.PORT_FIELDS.containsKey(word.name())) {
      String protocol = word.name().substring(0, word.name().indexOf('_'));
      Integer number = PORT_PROTOCOLS.get(protocol);
      if (number == null || !match.isExactly(MatchField.NW_PROTO, number)) {
        throw line.error(word, "needs " + protocol + " or " + protocol + "6 in the same rule");
      }
    }
  }

  private void checkPrerequisite(Word word, MatchField field) {
    if (!match.allows(field)) {
      throw line.error(word, "needs " + field.prerequisite().wanted() + " in the same rule");
    }
  }

  private void once(Word word) {
    if (!seen.add(word.name())) {
      throw line.error(word, word.name() + " is given twice");
    }
  }

  private long number(Word word, long max) {
    try {
      return NumberSyntax.parse(valueOf(word), max);
    } catch (IllegalArgumentException e) {
      throw line.error(word, e);
    }
  }

  private String valueOf(Word word) {
    String value = word.value();
    if (value == null || value.isEmpty()) {
      throw line.error(word, "a value is missing: " + word.name() + "=VALUE");
    }
    return value;
  }

  private FlowSyntaxException unknown(Word word) {
    String feature = OvsFeature.ofMatch(word.name());
    return line.error(
        word,
        feature != null
            ? "not supported: " + word.name() + " (" + feature + ")"
            : "unknown word; " + ALLOWED_WORDS);
  }
}
