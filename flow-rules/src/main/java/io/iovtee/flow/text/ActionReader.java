// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads what follows {@code actions=} to the end of the line. */
final class ActionReader {
  private static final String ALLOWED =
      "allowed: output:PORT, PORT, drop, normal, flood, in_port, set_field:VALUE->FIELD, mod_dl_src"
          + " and the like, load, move, push_vlan:TYPE, strip_vlan, dec_ttl, goto_table:N,"
          + " resubmit(PORT,N), mirror:PORT, punt, group:N, meter:N";

  private static final String PUNT_LENGTH = "max_len=";

  /** In place of a table: the actions are a bucket's, which stands in none. */
  static final int NO_TABLE = -1;

  private final Line line;
  private final Word start;

  private final int table;

  /**
   * @param start the word {@code actions=}; the line stands behind it
   * @param table number of the rule's table, or {@link #NO_TABLE}
   */
  ActionReader(Line line, Word start, int table) {
    this.line = line;
    this.start = start;
    this.table = table;
  }

  /** Reads actions that stand alone, for a rule in this table. */
  static List<Action> parse(String text, int table) {
    Line line = new Line("actions=" + text, 1);
    Word start = line.nextWord();
    if (start == null) {
      throw new IllegalStateException("actions= is a word: " + text);
    }
    return new ActionReader(line, start, table).read();
  }

  List<Action> read() {
    if (start.value() == null) {
      throw line.error(start, "the actions are missing; " + ALLOWED);
    }
    List<Action> actions = new ArrayList<>();
    Word drop = null;
    for (Word word = line.nextWord(); word != null; word = line.nextWord()) {
      if (actions.size() == FlowRule.ACTIONS_MAX) {
        throw line.error(word, "a rule may have at most " + FlowRule.ACTIONS_MAX + " actions");
      }
      Action action = readAction(word);
      actions.add(action);
      if (action.equals(Action.DROP)) {
        drop = word;
      }
    }
    if (drop != null && actions.size() > 1) {
      throw line.error(drop, "drop must be the only action");
    }
    // As in OVS "actions=" with nothing behind it drops.
    return actions.isEmpty() ? List.of(Action.DROP) : actions;
  }

  private Action readAction(Word word) {
    String value = word.value();
    if (word.name().equalsIgnoreCase("output")) {
      if (value == null || value.isEmpty()) {
        throw line.error(word, "the port is missing: output:PORT");
      }
      return output(word, value);
    }
    Action reserved = reserved(word.name());
    if (reserved != null && value == null) {
      return reserved;
    }
    Action change = change(word, value);
    if (change != null) {
      return change;
    }
    String feature = OvsFeature.ofAction(word.name());
    if (feature != null) {
      throw line.error(word, "not supported: %s (%s); %s".formatted(word.name(), feature, ALLOWED));
    }
    if (value != null) {
      throw line.error(word, "unknown action; " + ALLOWED);
    }
    return port(word, word.name());
  }

  /** An action that changes the frame; null if it is none of these. */
  private @Nullable Action change(Word word, @Nullable String value) {
    String name = word.name().toLowerCase(Locale.ROOT);
    try {
      return switch (name) {
        case "push_vlan" -> new Action.PushVlan(number(value, 0xffff));
        case "strip_vlan", "pop_vlan" -> value == null ? Action.POP_VLAN : null;
        case "group" -> new Action.Group(NumberSyntax.parse(text(value), FlowGroup.ID_MAX));
        case "meter" -> new Action.Meter(NumberSyntax.parse(text(value), FlowMeter.ID_MAX));
        case "goto_table" -> new Action.GotoTable(number(value, Match.TABLE_MAX));
        case "resubmit" -> resubmit(text(value));
        case "mirror" -> new Action.Mirror(Line.unquoted(text(value)));
        case "punt", "controller" -> punt(value);
        case "move" -> MoveSyntax.parse(text(value));
        case "dec_ttl" -> value == null || value.isEmpty() ? Action.DEC_TTL : null;
        default -> SetFieldSyntax.parse(name, value);
      };
    } catch (IllegalArgumentException e) {
      throw line.error(word, e);
    }
  }

  private static int number(@Nullable String value, int max) {
    return (int) NumberSyntax.parse(text(value), max);
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }

  /** {@code punt}, {@code punt:LENGTH}, {@code controller(max_len=LENGTH)}. */
  private static Action punt(@Nullable String value) {
    if (value == null || value.isEmpty()) {
      return Action.PUNT;
    }
    String length = value.startsWith(PUNT_LENGTH) ? value.substring(PUNT_LENGTH.length()) : value;
    if (length.indexOf('=') >= 0) {
      throw new IllegalArgumentException("not supported: an option of controller besides max_len");
    }
    return new Action.Punt(number(length, Action.Punt.WHOLE_FRAME));
  }

  /** {@code resubmit:PORT}, {@code resubmit(PORT,TABLE)}; one of them may be left out. */
  private Action resubmit(String value) {
    String[] parts = value.split(",", -1);
    if (parts.length > 2) {
      throw new IllegalArgumentException(
          "not supported: resubmit(PORT,TABLE,ct) (connection tracking)");
    }
    String port = Line.unquoted(parts[0].strip());
    String there = parts.length == 2 ? parts[1].strip() : "";
    if (there.isEmpty() && port.isEmpty()) {
      throw new IllegalArgumentException(
          "a port or a table must be named; allowed: resubmit(,N), resubmit(PORT,N),"
              + " resubmit:PORT");
    }
    if (there.isEmpty() && table == NO_TABLE) {
      throw new IllegalArgumentException("in a bucket a table must be named: resubmit(PORT,N)");
    }
    return new Action.Resubmit(
        there.isEmpty() ? table : number(there, Match.TABLE_MAX),
        port.isEmpty() || port.equalsIgnoreCase("in_port") ? null : port);
  }

  /** The output to a port, as it stands in a word of the line. */
  static Action output(Line line, Word word, String port) {
    return new ActionReader(line, word, NO_TABLE).output(word, port);
  }

  private Action output(Word word, String value) {
    Action reserved = value.equalsIgnoreCase("controller") ? Action.PUNT : reserved(value);
    if (reserved != null) {
      return reserved;
    }
    if (value.indexOf('=') >= 0) {
      throw line.error(word, "not supported: output(max_len=...) (cutting frames); " + ALLOWED);
    }
    if (value.indexOf('[') >= 0) {
      throw line.error(word, "not supported: output:FIELD[..] (registers); " + ALLOWED);
    }
    String feature = OvsFeature.ofAction(value);
    if (feature != null && isReservedPort(value)) {
      throw line.error(
          word, "not supported: output:%s (%s); %s".formatted(value, feature, ALLOWED));
    }
    return port(word, value);
  }

  private Action port(Word word, String name) {
    try {
      return Action.output(Line.unquoted(name));
    } catch (IllegalArgumentException e) {
      throw line.error(word, e);
    }
  }

  private static boolean isReservedPort(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "any", "local", "none", "table", "unset" -> true;
      default -> false;
    };
  }

  private static @Nullable Action reserved(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "drop" -> Action.DROP;
      case "normal" -> Action.NORMAL;
      case "flood", "all" -> Action.FLOOD; // no port here is kept from flooding
      case "in_port" -> Action.IN_PORT;
      default -> null;
    };
  }
}
