using System.Text;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Formats;

/// <summary>The paths of google.protobuf.FieldMask: snake_case in messages, lowerCamelCase in JSON.</summary>
internal static class FieldMaskFormat
{
    /// <summary>What messages say that a field mask looks like.</summary>
    public const string Expected = "names of fields separated by commas, e.g. name,shelf.theme";

    /// <summary>
    /// A path as JSON has it; null where it would not come back the same (it has capitals, or an underscore that no
    /// letter follows).
    /// </summary>
    public static string? ToJson(string path)
    {
        var json = new StringBuilder(path.Length);
        for (var i = 0; i < path.Length; i++)
        {
            if (char.IsAsciiLetterUpper(path[i]))
            {
                return null;
            }

            if (path[i] != '_')
            {
                json.Append(path[i]);
            }
            else if (++i < path.Length && char.IsAsciiLetterLower(path[i]))
            {
                json.Append(char.ToUpperInvariant(path[i]));
            }
            else
            {
                return null;
            }
        }

        return json.ToString();
    }

    /// <summary>
    /// A path of JSON as messages have it; null where it is none. <paramref name="allowSnakeCase"/>: a query parameter
    /// may have the names of the .proto file.
    /// </summary>
    public static string? FromJson(ReadOnlySpan<char> json, bool allowSnakeCase)
    {
        var path = new StringBuilder(json.Length + 4);
        foreach (var letter in json)
        {
            if (char.IsAsciiLetterUpper(letter))
            {
                path.Append('_').Append(char.ToLowerInvariant(letter));
            }
            else if (char.IsAsciiLetterOrDigit(letter) || letter == '.' || (letter == '_' && allowSnakeCase))
            {
                path.Append(letter);
            }
            else
            {
                return null;
            }
        }

        return path.Length == 0 ? null : path.ToString();
    }
}
