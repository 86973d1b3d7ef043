using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Templates;

/// <summary>Matches what a catch-all parameter took: the segments of <c>**</c>, the segments behind it, the verb.</summary>
internal sealed class RestMatcher(TemplateSegment[] behind, string? verb) : IRouteConstraint
{
    /// <summary>True where nothing follows <c>**</c>, so that all matches.</summary>
    public bool MatchesAll => behind.Length == 0 && verb is null;

    /// <inheritdoc/>
    public bool Match(
        HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection)
    {
        if (values[routeKey] is not string rest || !TryTakeVerb(ref rest))
        {
            return false;
        }

        var segments = rest.Split('/');
        if (segments.Length < behind.Length)
        {
            return false;
        }

        for (var i = 0; i < behind.Length; i++)
        {
            var segment = segments[segments.Length - behind.Length + i];
            if (segment.Length == 0 || (behind[i].Kind == SegmentKind.Literal
                && !segment.Equals(behind[i].Text, StringComparison.OrdinalIgnoreCase)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes apart what matched: the text of <c>**</c>, and the segments behind it.</summary>
    public (string Middle, string[] Behind) Split(string rest)
    {
        TryTakeVerb(ref rest);
        if (behind.Length == 0)
        {
            return (rest, []);
        }

        var segments = rest.Split('/');
        var count = segments.Length - behind.Length;
        return (string.Join('/', segments.Take(count)), segments[count..]);
    }

    private bool TryTakeVerb(ref string rest)
    {
        if (verb is null)
        {
            return true;
        }

        if (!rest.EndsWith($":{verb}", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        rest = rest[..^(verb.Length + 1)];
        return true;
    }
}
