// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.TableMod;
import java.util.List;

/**
 * Reads bundles and files: commands to rules, groups and meters, one a line, as ovs-ofctl(8) reads
 * them for {@code bundle}: behind {@code flow} or {@code group}, which may be left out where the
 * line tells by itself, a command's word, without which it adds. Meters, which OVS's bundles have
 * not, stand behind {@code meter}. No state, any thread.
 */
public final class TableModParser {
  private TableModParser() {}

  /** A line in pieces: words that were read are blank, so that an error names the right column. */
  private record Rest(String content, int number) {
    String word() {
      String text = content.strip();
      int end = 0;
      while (end < text.length() && !Character.isWhitespace(text.charAt(end))) {
        end++;
      }
      return text.substring(0, end);
    }

    Rest behind(String word) {
      int end = content.indexOf(word) + word.length();
      return new Rest(" ".repeat(end) + content.substring(end), number);
    }

    Line line() {
      return new Line(content, number);
    }
  }

  /**
   * Reads commands; blank lines, and what follows a #, are left out.
   *
   * @return the commands in the order of the lines
   * @throws FlowSyntaxException at the first line that is none
   */
  public static List<TableMod> parseMods(String text) {
    return parseMods(text, 1);
  }

  /**
   * As above, for a piece of a text.
   *
   * @param firstLine number of the piece's first line, from 1, for errors
   */
  public static List<TableMod> parseMods(String text, int firstLine) {
    return SingleLine.readAll(text, firstLine, line -> parse(rest(line)));
  }

  /**
   * Reads what a file says that there shall be: rules, groups and meters, each as the command that
   * adds it.
   *
   * @throws FlowSyntaxException at the first line that is none, or is another command
   */
  public static List<TableMod> parseEntries(String text) {
    return parseEntries(text, 1);
  }

  /**
   * As above, for a piece of a text.
   *
   * @param firstLine number of the piece's first line, from 1, for errors
   */
  public static List<TableMod> parseEntries(String text, int firstLine) {
    return SingleLine.readAll(
        text,
        firstLine,
        line -> {
          List<? extends TableMod> mods = parse(rest(line));
          return switch (mods.getFirst()) {
            case FlowMod.Add _, GroupMod.AddGroup _, GroupMod.AddMeter _ -> mods;
            default ->
                throw line.error(
                    1, rest(line).word(), "a file says what there shall be, and has no commands");
          };
        });
  }

  private static Rest rest(Line line) {
    return new Rest(line.said(), line.number());
  }

  /** At least one; several where a rule has a range of ports. */
  private static List<? extends TableMod> parse(Rest line) {
    String word = line.word();
    return switch (word) {
      case "flow" -> FlowModParser.parse(line.behind(word).content(), line.number());
      case "group" -> List.of(group(line.behind(word)));
      case "meter" -> List.of(meter(line.behind(word)));
      case "packet-out" ->
          throw line.line()
              .error(
                  line.content().indexOf(word) + 1,
                  word,
                  "not supported: packet-out in a bundle; iovtee punt send sends a frame");
      default -> {
        if (word.startsWith("group_id=")) {
          yield List.of(group(line));
        }
        yield word.startsWith("meter=")
            ? List.of(meter(line))
            : FlowModParser.parse(line.content(), line.number());
      }
    };
  }

  private static GroupMod group(Rest line) {
    GroupModReader.Verb verb = GroupModReader.Verb.ofWord(line.word());
    return verb == null
        ? GroupModReader.read(line.line(), GroupModReader.Verb.ADD)
        : GroupModReader.read(line.behind(line.word()).line(), verb);
  }

  private static GroupMod meter(Rest line) {
    Rest behind = line.behind(line.word());
    return switch (line.word()) {
      case "add" -> new GroupMod.AddMeter(new MeterReader(behind.line()).read());
      case "modify" -> new GroupMod.ModifyMeter(new MeterReader(behind.line()).read(), false);
      case "add_or_mod" -> new GroupMod.ModifyMeter(new MeterReader(behind.line()).read(), true);
      case "delete" -> deleteMeter(behind.line());
      default -> new GroupMod.AddMeter(new MeterReader(line.line()).read());
    };
  }

  private static GroupMod deleteMeter(Line line) {
    Word word = line.nextWord();
    if (word == null) {
      return new GroupMod.DeleteAllMeters();
    }
    String value = word.value() == null ? "" : word.value();
    Word more = line.nextWord();
    if (!word.name().equals("meter") || more != null) {
      throw line.error(more == null ? word : more, "allowed: delete meter=N, delete meter=all");
    }
    try {
      return value.equals("all")
          ? new GroupMod.DeleteAllMeters()
          : new GroupMod.DeleteMeter(MeterSyntax.id(value));
    } catch (IllegalArgumentException e) {
      throw line.error(word, e);
    }
  }
}
