using System.Globalization;
using Microsoft.Extensions.Configuration;
using Monitor.Protocol;

namespace Monitor.Server.Settings;

/// <summary>Settings given in a JSON file: one object, the settings' names as its keys.</summary>
internal static class FileSettings
{
    /// <summary>Reads the file.</summary>
    /// <param name="settings">The known settings.</param>
    /// <param name="path">Path of the file.</param>
    /// <param name="given">Where to put what was found.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? Read(IReadOnlyList<Setting> settings, string path, List<GivenSetting> given)
    {
        IConfigurationRoot file;
        try
        {
            using var content = File.OpenRead(path);
            file = new ConfigurationBuilder().AddJsonStream(content).Build();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException
            or InvalidDataException or System.Text.Json.JsonException)
        {
            return $"the file {path} cannot be used: {(failure.InnerException ?? failure).Message.TrimEnd('.')}.";
        }

        foreach (var entry in file.GetChildren())
        {
            if (settings.FirstOrDefault(s => s.Name.Equals(entry.Key, StringComparison.OrdinalIgnoreCase)) is not
                { } setting)
            {
                return $"unknown key '{entry.Key}' in {path}: "
                    + NearestName.DidYouMean(entry.Key, settings.Select(known => known.Name))
                    + "keys are the names of the options, without the hyphens in front.";
            }

            var where = $"{setting.Name} in {path}";
            if (ReadText(entry, setting, out var text) is { } problem)
            {
                return $"{where} is {problem}: expected {setting.Expected}.";
            }

            given.Add(new GivenSetting(setting, text, where));
        }

        return null;
    }

    private static string? ReadText(IConfigurationSection entry, Setting setting, out string text)
    {
        text = entry.Value ?? "";
        var children = entry.GetChildren().ToList();
        if (children.Count == 0)
        {
            // The provider gives null for null and for {}, and an empty text for [].
            return entry.Value is null || (entry.Value.Length == 0 && !setting.IsList) ? "empty" : null;
        }

        if (!IsArray(children))
        {
            return "an object";
        }

        if (!setting.IsList)
        {
            return "an array";
        }

        if (children.Exists(child => string.IsNullOrEmpty(child.Value)))
        {
            return "an array whose items are not all values";
        }

        text = string.Join(',', children.Select(child => child.Value));
        return null;
    }

    private static bool IsArray(List<IConfigurationSection> children) =>
        children.Select(child => child.Key).Order(StringComparer.Ordinal).SequenceEqual(
            Enumerable.Range(0, children.Count)
                .Select(index => index.ToString(CultureInfo.InvariantCulture))
                .Order(StringComparer.Ordinal));
}
