// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.RuleGenerator;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing is lost on the way to text and back. */
final class RoundTripTest {
  private static final long SEED = 20_261_122;
  private static final int RULES = 50_000;

  @Test
  void everyRuleComesBack() {
    RuleGenerator generator = new RuleGenerator(SEED, false);
    Set<MatchField> seen = EnumSet.noneOf(MatchField.class);
    for (int i = 0; i < RULES; i++) {
      FlowRule rule = generator.nextRule();
      String text = FlowRuleFormatter.format(rule);
      FlowRule back = FlowRuleParser.parseRule(text);
      if (!back.equals(rule) || !FlowRuleFormatter.format(back).equals(text)) {
        fail("seed %d, rule %d: %s became %s".formatted(SEED, i, text, back));
      }
      rule.match().fields().forEach(field -> seen.add(field.field()));
    }
    seen.add(MatchField.IN_PORT);
    assertThat(seen).as("fields that were tried").containsExactly(MatchField.values());
  }

  /** Each field alone, as in JSON: the match is the sum of its fields. */
  @Test
  void everyFieldComesBack() {
    RuleGenerator generator = new RuleGenerator(SEED + 1, false);
    for (int i = 0; i < RULES / 4; i++) {
      Match match = generator.nextMatch();
      Match.Builder back = Match.builder().table(match.table());
      if (match.inPort() != null) {
        back.inPort(match.inPort());
      }
      for (FieldMatch field : match.fields()) {
        back.with(FieldSyntax.parse(field.field(), FieldSyntax.format(field)));
      }
      if (!back.build().equals(match)) {
        fail("seed %d, match %d: %s".formatted(SEED + 1, i, match));
      }
    }
  }

  /** A rule, or an error with a place in the text: never another exception. */
  @Test
  void damagedTextIsReadOrRefused() {
    RuleGenerator generator = new RuleGenerator(SEED + 2, false);
    Random random = new Random(SEED);
    String noise = ",=:/()+-.#\"[] \tx0f9\u00e9";
    int refused = 0;
    for (int i = 0; i < RULES; i++) {
      StringBuilder text = new StringBuilder(FlowRuleFormatter.format(generator.nextRule()));
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.setCharAt(at, noise.charAt(random.nextInt(noise.length())));
          case 1 -> text.insert(at, noise.charAt(random.nextInt(noise.length())));
          default -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(5)));
        }
        if (text.isEmpty()) {
          text.append('x');
        }
      }
      try {
        FlowRule rule = FlowRuleParser.parseRule(text.toString());
        if (!FlowRuleParser.parseRule(FlowRuleFormatter.format(rule)).equals(rule)) {
          fail("seed %d, text %d: %s".formatted(SEED, i, text));
        }
      } catch (FlowSyntaxException e) {
        refused++;
        if (e.line() != 1 || e.column() < 1 || e.column() > text.length() + 1) {
          fail("seed %d, text %d: %s in %s".formatted(SEED, i, e.getMessage(), text));
        }
      }
    }
    assertThat(refused).isGreaterThan(RULES / 2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "::",
        "::1",
        "1::",
        "2001:db8::1",
        "1:0:0:2::",
        "0:1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:0",
        "::2:3:4:5:6:7:8",
        "1::4:5:0:0:8",
        "fe80::1:0:0:1"
      })
  void ipv6AddressesComeBackAsTheyWere(String text) {
    AddressSyntax.Ipv6 address = AddressSyntax.parseIpv6(text);
    assertThat(address).isNotNull();
    String again = AddressSyntax.formatIpv6(address.high(), address.low());
    assertThat(AddressSyntax.parseIpv6(again)).isEqualTo(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        ":::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7::8",
        "12345::",
        "g::",
        "1.2.3.4",
        "::1.2.3.4.5",
        "1.2.3.4::",
        "::1.2.3.256",
        "1:2:3:4:5:6:7:1.2.3.4",
        ":1:2::",
        "::1:",
        "\u0661::"
      })
  void whatIsNoIpv6AddressIsRefused(String text) {
    assertThat(AddressSyntax.parseIpv6(text)).isNull();
  }

  @Test
  void ipv6TextIsTheRecommendedOne() {
    // RFC 5952: the longest run, the first of equals, never a single group.
    assertThat(AddressSyntax.formatIpv6(0x20010db8_00000000L, 0x00000001_00000001L))
        .isEqualTo("2001:db8::1:0:1");
    assertThat(AddressSyntax.formatIpv6(0x20010db8_00000000L, 0x00010000_00000001L))
        .isEqualTo("2001:db8::1:0:0:1");
    assertThat(AddressSyntax.formatIpv6(0x20010db8_00010001L, 0x00010001_00000001L))
        .isEqualTo("2001:db8:1:1:1:1:0:1");
    assertThat(AddressSyntax.formatIpv6(0, 0)).isEqualTo("::");
    assertThat(AddressSyntax.parseIpv6("::1.2.3.4"))
        .isEqualTo(new AddressSyntax.Ipv6(0, 0x01020304));
  }
}
