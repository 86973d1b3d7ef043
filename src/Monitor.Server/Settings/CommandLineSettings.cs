using System.CommandLine;
using Monitor.Protocol;

namespace Monitor.Server.Settings;

/// <summary>Settings given as options: <c>--name value</c> or <c>--name=value</c>.</summary>
internal sealed class CommandLineSettings
{
    private readonly IReadOnlyList<Setting> _settings;
    private readonly Dictionary<Setting, Option<string[]>> _options = [];
    private readonly Option<bool> _help = new("--help", "-h", "-?");
    private readonly Option<bool> _version = new("--version");
    private readonly ParseResult _result;

    public CommandLineSettings(IReadOnlyList<Setting> settings, IReadOnlyList<string> arguments)
    {
        _settings = settings;
        var command = new Command("monitor") { _help, _version };
        foreach (var setting in settings)
        {
            var option = new Option<string[]>(setting.OptionName)
            {
                // How often a setting may be given is checked here and not by the arity: the message is ours.
                Arity = setting.IsFlag ? ArgumentArity.ZeroOrMore : ArgumentArity.OneOrMore,
                AllowMultipleArgumentsPerToken = false,
            };
            _options.Add(setting, option);
            command.Add(option);
        }

        // No response files: a value that begins with @ is a value.
        _result = command.Parse(
            arguments,
            new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
    }

    /// <summary>Whether the help is asked for; it is printed whatever else is on the command line.</summary>
    public bool IsHelp => _result.GetResult(_help) is { Implicit: false };

    public bool IsVersion => _result.GetResult(_version) is { Implicit: false };

    /// <summary>Reads the options.</summary>
    /// <param name="given">Where to put what was found.</param>
    /// <returns>What is wrong, or null.</returns>
    public string? Read(List<GivenSetting> given)
    {
        if (_result.UnmatchedTokens is [var unknown, ..])
        {
            return unknown.StartsWith('-')
                ? $"unknown option '{Name(unknown)}': "
                    + NearestName.DidYouMean(Name(unknown).TrimStart('-'), _settings.Select(s => s.Name), "--")
                : $"unexpected argument '{unknown}': every setting is an option. ";
        }

        foreach (var setting in _settings)
        {
            if (_result.GetResult(_options[setting]) is not { Implicit: false } result)
            {
                continue;
            }

            var values = result.Tokens.Select(token => token.Value).ToList();
            if (values.Count == 0 && !setting.IsFlag)
            {
                return $"{setting.OptionName} has no value: expected {setting.Expected}. ";
            }

            if (!setting.IsList && (values.Count > 1 || result.IdentifierTokenCount > 1))
            {
                return $"{setting.OptionName} is given {Math.Max(values.Count, result.IdentifierTokenCount)} times: "
                    + "it takes one value. ";
            }

            given.Add(new GivenSetting(setting, values.Count == 0 ? "true" : string.Join(',', values),
                setting.OptionName));
        }

        // Errors that only the parser sees: we know of none, but must not ignore one.
        return _result.Errors is [var error, ..] ? error.Message.TrimEnd('.') + ". " : null;
    }

    private static string Name(string token) => token.Split('=', ':')[0];
}
