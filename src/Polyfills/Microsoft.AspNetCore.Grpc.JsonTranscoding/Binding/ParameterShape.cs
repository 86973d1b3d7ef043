using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>Which fields a parameter can set: those whose values have a form as text.</summary>
internal static class ParameterShape
{
    /// <summary>Why a field cannot be a parameter, in words for the client; null where it can.</summary>
    public static string? ProblemOf(FieldPath path)
    {
        for (var i = 0; i < path.Fields.Length - 1; i++)
        {
            var field = path.Fields[i];
            if (field.IsRepeated || field.Message!.WellKnown != WellKnownType.None)
            {
                var what = field.IsMap ? "a map" : field.IsRepeated ? "a list" : "one value";
                return $"{path.Name}: {field.Descriptor.JsonName} is {what}, whose fields cannot be parameters.";
            }
        }

        var leaf = path.Leaf;
        if (!leaf.IsMap && leaf.Message is null or
            {
                WellKnown: WellKnownType.Wrapper or WellKnownType.Timestamp
            or WellKnownType.Duration or WellKnownType.FieldMask
            })
        {
            return null;
        }

        var example = leaf.Message!.Fields.FirstOrDefault()?.Descriptor.JsonName;
        return leaf is { IsRepeated: false, Message.WellKnown: WellKnownType.None } && example is not null
            ? $"{path.Name} is a message and cannot be a parameter; its fields can, e.g. {path.Name}.{example}."
            : $"{path.Name} cannot be a parameter: a {leaf.Message.Descriptor.FullName} has no form as text.";
    }
}
