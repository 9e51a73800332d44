// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** House rules that no compiler knows. A message says file, line, what is wrong and the limit. */
final class TidyTest {
  private static final int LINE_LENGTH_MAX = 100;
  private static final int FILE_LINES_MAX = 600;
  private static final int METHOD_LINES_MAX = 70;
  private static final String TEXT_BLOCK = "\"".repeat(3);
  private static final String LICENCE = "SPDX-License-Identifier: Apache-2.0";
  private static final Pattern TEXT_FILE =
      Pattern.compile(
          ".*\\.(java|md|xml|ya?ml|sh|options|js|css|html|service|flows)|test|iovtee|run");
  private static final Pattern NAME = Pattern.compile(".*(Manager|Helper|Utils?|Impl)(?![a-z]).*");

  /** Put together here so that this file does not contain what it forbids. */
  private static final Pattern FORBIDDEN =
      Pattern.compile(
          String.join(
              "|",
              "/" + "work/",
              "\\b[Ii]ssue" + " #?[0-9]",
              "repo1?\\.maven" + "\\.apache|repo1\\.maven\\.org",
              "registry\\." + "npmjs"));

  private static final Pattern CHANGELOG_LINE =
      Pattern.compile(
          "# Changelog"
              + "|## (Unreleased|[0-9]+\\.[0-9]+\\.[0-9]+ \\([0-9]{4}-[0-9]{2}-[0-9]{2}\\))"
              + "|### (Added|Changed|Fixed|Removed)"
              + "|- (\\*\\*Breaking\\*\\* )?\\[[a-z-]+] .*"
              + "|  .*|[^#-].*|");

  private static final Pattern TEST_ANNOTATION =
      Pattern.compile(
          "^ +@(Test|ParameterizedTest|RepeatedTest|TestFactory|ArchTest)\\b", Pattern.MULTILINE);

  private static Path root = Path.of("");
  private static List<Path> javaFiles = List.of();

  @BeforeAll
  static void listFiles() throws IOException {
    root = Path.of(System.getProperty("iovtee.root", "..")).toRealPath();
    javaFiles = textFiles().stream().filter(path -> path.toString().endsWith(".java")).toList();
    assertThat(javaFiles).as("Java files below %s", root).hasSizeGreaterThan(10);
  }

  @Test
  void filesAndLinesAreShort() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path file : javaFiles) {
      List<String> lines = Files.readAllLines(file);
      if (lines.size() > FILE_LINES_MAX) {
        wrong.add(at(file, lines.size()) + " lines in a file, at most " + FILE_LINES_MAX);
      }
      boolean inTextBlock = false;
      for (int i = 0; i < lines.size(); i++) {
        String line = lines.get(i);
        if (line.contains(TEXT_BLOCK)) {
          inTextBlock = !inTextBlock;
        }
        // An import, a link, or the text that a program prints cannot be broken.
        if (line.length() > LINE_LENGTH_MAX
            && !inTextBlock
            && !line.startsWith("import ")
            && !line.contains("://")) {
          wrong.add(at(file, i + 1) + " " + line.length() + " columns, at most " + LINE_LENGTH_MAX);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void methodsAreShort() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (JavaSource.Member method : JavaSource.methodsOf(javaFiles)) {
      long length = method.lastLine() - method.firstLine() + 1;
      if (length > METHOD_LINES_MAX) {
        wrong.add(
            at(method.file(), method.firstLine())
                + (" " + method.name() + " has " + length + " lines, at most " + METHOD_LINES_MAX));
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void namesSayWhatAThingIs() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (JavaSource.Member type : JavaSource.typesOf(javaFiles)) {
      if (NAME.matcher(type.name()).matches()) {
        wrong.add(
            at(type.file(), type.firstLine()) + " " + type.name() + ": name its kind instead");
      }
    }
    assertThat(wrong).isEmpty();
  }

  /** Under another name Maven would not run it, and nobody would notice. */
  @Test
  void testClassesHaveNamesThatMavenRuns() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path file : javaFiles) {
      String text = Files.readString(file);
      boolean integration = file.startsWith(root.resolve("it"));
      String names = integration ? ".*(Test|IT)\\.java" : ".*Test\\.java";
      if (TEST_ANNOTATION.matcher(text).find() && !file.getFileName().toString().matches(names)) {
        wrong.add(at(file, 1) + (" holds tests: name it *Test" + (integration ? " or *IT" : "")));
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void everyPackageIsDescribed() {
    List<String> wrong = new ArrayList<>();
    for (Path file : javaFiles) {
      Path info = file.resolveSibling("package-info.java");
      // A test in the package that it tests is described there.
      Path main = Path.of(info.toString().replace("/src/test/java/", "/src/main/java/"));
      if (!Files.exists(info)
          && !Files.exists(main)
          && !wrong.contains(at(info, 1) + " is missing")) {
        wrong.add(at(info, 1) + " is missing");
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void everySourceFileNamesTheLicenceFirst() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path file : javaFiles) {
      String first = Files.readAllLines(file).getFirst();
      if (!first.equals("// " + LICENCE)) {
        wrong.add(at(file, 1) + " the first line must be: // " + LICENCE);
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void textsNameNothingOfTheirMaking() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path file : textFiles()) {
      List<String> lines = Files.readAllLines(file);
      for (int i = 0; i < lines.size(); i++) {
        var found = FORBIDDEN.matcher(lines.get(i));
        if (found.find()) {
          wrong.add(at(file, i + 1) + " forbidden: " + found.group());
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void changelogKeepsItsForm() throws IOException {
    Path file = root.resolve("CHANGELOG.md");
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).as(file + " starts with its title").first().isEqualTo("# Changelog");
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (!CHANGELOG_LINE.matcher(lines.get(i)).matches()) {
        wrong.add(at(file, i + 1) + " is no known heading and no '- [area] text': " + lines.get(i));
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(lines).contains("## Unreleased");
  }

  private static String at(Path file, long line) {
    return root.relativize(file) + ":" + line;
  }

  private static List<Path> textFiles() throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      return paths
          .filter(path ->
              !root.relativize(path).toString().matches("(.*/)?(target|\\.git|node_modules)(/.*)?"))
          .filter(Files::isRegularFile)
          .filter(path -> TEXT_FILE.matcher(path.getFileName().toString()).matches())
          .sorted()
          .toList();
    }
  }
}
