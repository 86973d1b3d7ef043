using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Monitor.Server.Tests.OpenApi;

/// <summary>
/// Compares JSON with a schema of an OpenAPI document, written for this test alone, and stricter than JSON Schema: a
/// property that the schema does not name is a difference.
/// </summary>
internal sealed class SchemaCheck(JsonElement document)
{
    public static SchemaCheck Parse(string document) => new(JsonDocument.Parse(document).RootElement);

    /// <summary>What does not fit, each with its place.</summary>
    public IReadOnlyList<string> Compare(JsonElement value, JsonElement schema, string place = "$")
    {
        var differences = new List<string>();
        Compare(value, Resolve(schema), place, differences);
        return differences;
    }

    /// <summary>The schema of a JSON response.</summary>
    public JsonElement ResponseSchema(string path, string method, string status)
    {
        var operation = document.GetProperty("paths").GetProperty(path).GetProperty(method);
        return Resolve(operation.GetProperty("responses").GetProperty(status)).GetProperty("content").GetProperty("application/json").GetProperty("schema");
    }

    public JsonElement Resolve(JsonElement element)
    {
        while (element.TryGetProperty("$ref", out var reference))
        {
            element = reference.GetString()!.Split('/').Skip(1).Aggregate(document, (at, name) => at.GetProperty(name));
        }

        return element;
    }

    private void Compare(JsonElement value, JsonElement schema, string place, List<string> differences)
    {
        if (!schema.TryGetProperty("type", out var type))
        {
            return; // Any value.
        }

        var kind = KindOf(value);
        string?[] types = type.ValueKind == JsonValueKind.Array
            ? [.. type.EnumerateArray().Select(one => one.GetString())]
            : [type.GetString()];
        if (!types.Contains(kind) && !(kind == "integer" && types.Contains("number")))
        {
            differences.Add($"{place} is {value.GetRawText()}, not of type {string.Join(" or ", types)}");
            return;
        }

        switch (kind)
        {
            case "object":
                CompareProperties(value, schema, place, differences);
                break;
            case "array":
                var i = 0;
                foreach (var item in value.EnumerateArray())
                {
                    Compare(item, Resolve(schema.GetProperty("items")), $"{place}[{i++}]", differences);
                }

                break;
            case "string":
                CompareText(value.GetString()!, schema, place, differences);
                break;
            default:
                CompareRange(value, schema, place, differences);
                break;
        }
    }

    private void CompareProperties(JsonElement value, JsonElement schema, string place, List<string> differences)
    {
        foreach (var property in value.EnumerateObject())
        {
            if (schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(property.Name, out var known))
            {
                Compare(property.Value, Resolve(known), $"{place}.{property.Name}", differences);
            }
            else if (schema.TryGetProperty("additionalProperties", out var others))
            {
                Compare(property.Value, Resolve(others), $"{place}.{property.Name}", differences);
            }
            else
            {
                differences.Add($"{place}.{property.Name} is not in the schema");
            }
        }
    }

    private static void CompareText(string value, JsonElement schema, string place, List<string> differences)
    {
        if (schema.TryGetProperty("enum", out var names) && names.EnumerateArray().All(name => name.GetString() != value))
        {
            differences.Add($"{place} is '{value}', which is not in the enum");
        }

        if (schema.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(value, pattern.GetString()!))
        {
            differences.Add($"{place} is '{value}', which does not match {pattern}");
        }

        if (schema.TryGetProperty("format", out var format) && format.GetString() == "date-time"
            && !DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, out _))
        {
            differences.Add($"{place} is '{value}', which is no date-time");
        }
    }

    private static void CompareRange(JsonElement value, JsonElement schema, string place, List<string> differences)
    {
        if ((schema.TryGetProperty("minimum", out var minimum) && value.GetDouble() < minimum.GetDouble())
            || (schema.TryGetProperty("maximum", out var maximum) && value.GetDouble() > maximum.GetDouble()))
        {
            differences.Add($"{place} is {value.GetRawText()}, which is out of range");
        }
    }

    private static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => value.TryGetInt64(out _) || value.TryGetUInt64(out _) ? "integer" : "number",
        _ => "null",
    };
}
