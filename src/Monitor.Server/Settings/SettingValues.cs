using System.Diagnostics.CodeAnalysis;

namespace Monitor.Server.Settings;

/// <summary>The values of a program's settings, each from the first place that gives it. Immutable.</summary>
public sealed class SettingValues
{
    private readonly SettingsSchema _schema;
    private readonly IReadOnlyDictionary<Setting, (object Value, GivenSetting Given)> _given;

    internal SettingValues(
        SettingsSchema schema,
        IReadOnlyDictionary<Setting, (object Value, GivenSetting Given)> given)
    {
        _schema = schema;
        _given = given;
    }

    /// <summary>
    /// What was given, each by its environment variable: in such an environment the same settings are read again. Without
    /// the file that <c>--config</c> names, whose settings are among them.
    /// </summary>
    public IReadOnlyDictionary<string, string> AsEnvironment() =>
        _given.Where(pair => pair.Key != SettingsSchema.Config)
            .ToDictionary(pair => pair.Key.EnvironmentName, pair => pair.Value.Given.Text, StringComparer.Ordinal);

    /// <summary>The files that settings name.</summary>
    public IReadOnlyList<string> Files() =>
        [.. _given.Where(pair => pair.Key.IsFile && pair.Key != SettingsSchema.Config).Select(pair => pair.Value.Given.Text)];

    /// <summary>The value that was given, or else the default.</summary>
    /// <exception cref="InvalidOperationException">It was not given and has no default; ask with
    /// <see cref="TryGet"/>.</exception>
    public T Get<T>(Setting<T> setting) =>
        TryGet(setting, out var value)
            ? value
            : throw new InvalidOperationException($"The setting {setting.Name} has no default.");

    /// <summary>The value that was given, or else the default; false where there is neither.</summary>
    public bool TryGet<T>(Setting<T> setting, [MaybeNullWhen(false)] out T value)
    {
        if (_given.TryGetValue(setting, out var given))
        {
            value = (T)given.Value;
            return true;
        }

        value = setting.Default;
        return setting.HasDefault;
    }

    /// <summary>
    /// Refuses a value that only the program can judge (a port that two settings share, a name that does not exist) in
    /// the same words as any other bad value.
    /// </summary>
    /// <param name="setting">The setting.</param>
    /// <param name="expected">What would have been accepted, to follow the word "expected", without a full
    /// stop.</param>
    public SettingsOutcome Refuse(Setting setting, string expected)
    {
        var refused = _given.TryGetValue(setting, out var given)
            ? given.Given
            : new GivenSetting(setting, setting.DefaultText ?? "", setting.OptionName);
        return _schema.Refuse(refused.Refuse(expected));
    }

    /// <summary>Refuses the settings as a whole: one of several is missing, or two exclude each other.</summary>
    /// <param name="problem">What is wrong and what to do, to follow the program's name and a colon.</param>
    public SettingsOutcome Refuse(string problem) => _schema.Refuse(problem);
}
