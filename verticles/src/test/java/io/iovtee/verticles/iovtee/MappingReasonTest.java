// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** An operator finds each reason and each state where they are explained, and no other. */
final class MappingReasonTest {
  private static String read(String directory, String name) throws IOException {
    return Files.readString(Path.of(System.getProperty("iovtee.root", ".."), directory, name));
  }

  @Test
  void thePageExplainsEachReason() throws IOException {
    assertThat(firstColumn("| reason | means | what to do |"))
        .containsExactlyInAnyOrderElementsOf(reasons());
  }

  @Test
  void thePageExplainsEachState() throws IOException {
    assertThat(firstColumn("| state | means |"))
        .containsExactlyElementsOf(
            Arrays.stream(MappingState.values()).map(MappingState::label).toList());
  }

  @Test
  void theContractListsEachReason() throws IOException {
    String contract = read("conf", "openapi.yaml");
    int start = contract.indexOf("\n    MappingReason:");
    String list = contract.substring(start, contract.indexOf(']', start));
    assertThat(words("[a-z]+(_[a-z]+)*(?=[,\n]|$)", list.substring(list.indexOf('['))))
        .containsExactlyInAnyOrderElementsOf(reasons());
  }

  private static List<String> reasons() {
    return Arrays.stream(MappingReason.values()).map(MappingReason::label).toList();
  }

  /** What stands in backticks in the first column of the table with this head. */
  private static List<String> firstColumn(String head) throws IOException {
    String page = read("docs", "MAPPINGS.md");
    int start = page.indexOf(head);
    assertThat(start).as(head).isNotNegative();
    String table = page.substring(start + head.length(), page.indexOf("\n\n", start));
    return table
        .lines()
        .filter(line -> line.startsWith("| `"))
        .flatMap(
            line -> words("(?<=`)[a-z_]+(?=`)", line.substring(0, line.indexOf(" | "))).stream())
        .toList();
  }

  private static List<String> words(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().map(MatchResult::group).toList();
  }
}
