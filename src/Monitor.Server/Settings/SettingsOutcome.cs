namespace Monitor.Server.Settings;

/// <summary>The result of reading the settings: values to run with, or a text to print and an exit code.</summary>
public sealed class SettingsOutcome
{
    private SettingsOutcome(SettingValues? values, string text, int exitCode)
    {
        Values = values;
        Text = text;
        ExitCode = exitCode;
    }

    /// <summary>The values; null where the program must print <see cref="Text"/> and end.</summary>
    public SettingValues? Values { get; }

    /// <summary>The help, the version, or what is wrong; ends with a line break. Empty with values.</summary>
    public string Text { get; }

    /// <summary>0 for help and version, 2 for a bad setting.</summary>
    public int ExitCode { get; }

    /// <summary>Prints the text, on standard error where something is wrong.</summary>
    /// <returns>The exit code; 1 where it cannot be printed.</returns>
    public int Report(TextWriter output, TextWriter error)
    {
        try
        {
            (ExitCode == 0 ? output : error).Write(Text);
            return ExitCode;
        }
        catch (IOException failure)
        {
            error.WriteLine($"cannot write to standard output: {failure.Message}");
            return 1;
        }
    }

    internal static SettingsOutcome Run(SettingValues values) => new(values, "", 0);

    internal static SettingsOutcome Print(string text) => new(null, text, 0);

    internal static SettingsOutcome Fail(string text) => new(null, text, 2);
}
