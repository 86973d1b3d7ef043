using System.Text;

namespace Monitor.Server.Settings;

/// <summary>The text of <c>--help</c>.</summary>
internal static class HelpText
{
    private const int Width = 100;

    public static string Write(SettingsSchema schema)
    {
        var text = new StringBuilder();
        text.Append(schema.Summary.TrimEnd()).Append("\n\n");
        text.Append("Usage: ").Append(schema.ProgramName).Append(" [options]\n\nOptions:\n");
        foreach (var setting in schema.All)
        {
            text.Append("  ").Append(setting.OptionName);
            text.Append(setting.IsFlag ? "" : " " + setting.ValueName).Append('\n');
            Wrap(text, setting.Description);
            Wrap(text, $"Default: {setting.DefaultText ?? "none"}. Environment: {setting.EnvironmentName}.");
        }

        text.Append("  --help, -h\n");
        Wrap(text, "Prints this text.");
        text.Append("  --version\n");
        Wrap(text, "Prints the version.");
        text.Append("\nOptions are also written --name=value. Lists are separated by commas, or the option is repeated.\n");
        text.Append("An option overrides its environment variable, the variable overrides the file, the file overrides\nthe default.\n");
        if (schema.Examples.Count > 0)
        {
            text.Append("\nExamples:\n");
            foreach (var (commandLine, meaning) in schema.Examples)
            {
                text.Append("  ").Append(commandLine).Append('\n');
                Wrap(text, meaning);
            }
        }

        return text.ToString();
    }

    private static void Wrap(StringBuilder text, string paragraph)
    {
        const string Indent = "      ";
        var column = 0;
        foreach (var word in paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > 0 && column + 1 + word.Length > Width)
            {
                text.Append('\n');
                column = 0;
            }

            text.Append(column == 0 ? Indent : " ").Append(word);
            column += (column == 0 ? Indent.Length : 1) + word.Length;
        }

        text.Append('\n');
    }
}
