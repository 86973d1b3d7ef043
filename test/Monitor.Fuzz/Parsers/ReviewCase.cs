using System.Text;
using System.Text.Json;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Kubernetes.Access;

namespace Monitor.Fuzz.Parsers;

/// <summary>What an API server says of a token and of a right, damaged: an account that has a name, a right that is given in
/// so many words, or a refusal as what it is not.</summary>
internal sealed class ReviewCase : ParserCase
{
    private static readonly byte[] Token = Encoding.UTF8.GetBytes(
        """{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","metadata":{"creationTimestamp":null},"spec":{"token":"x","audiences":["a"]},"status":{"authenticated":true,"user":{"username":"system:serviceaccount:shop:reader","uid":"3f0c6a1e","groups":["system:authenticated"],"extra":{"authentication.kubernetes.io/pod-name":["a","b"]}},"audiences":["a"]}}""");

    private static readonly byte[] Right = Encoding.UTF8.GetBytes(
        """{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{"creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"user":"a","groups":["b"],"resourceAttributes":{"verb":"list","resource":"events","fieldSelector":{"requirements":[{"key":"a","operator":"In","values":["b"]}]}}},"status":{"allowed":true,"denied":false,"reason":"RBAC"}}""");

    public override string Name => "reviews";

    public override int ShortInputs => 10_000;

    // First which of the two it is.
    public override byte[] Make(Random random)
    {
        var isToken = random.Next(2) == 0;
        return [(byte)(isToken ? 0 : 1), .. Damage.Of(isToken ? Token : Right, random)];
    }

    protected override string Parse(byte[] input)
    {
        var json = Encoding.UTF8.GetString(input.AsSpan(Math.Min(1, input.Length)));
        try
        {
            if (input.Length > 0 && (input[0] & 1) == 1)
            {
                return TokenReviews.ReadPermission(json)
                    ? json.Contains("true", StringComparison.Ordinal) ? "allowed" : throw new FuzzException("allowed without a word", json)
                    : "denied";
            }

            return TokenReviews.ReadAccount(json) switch
            {
                null => "nobody",
                { Name.Length: > 0 } account => account.Namespace is null ? "person" : "account",
                _ => throw new FuzzException("an account without a name", json),
            };
        }
        catch (JsonException)
        {
            return "refused";
        }
    }
}
