namespace Monitor.Server;

/// <summary>Knows the tokens of Kubernetes' accounts and what they may read. Any thread.</summary>
public interface ITokenReviewer
{
    /// <summary>Looks a token up.</summary>
    /// <param name="token">What a client sent; anything.</param>
    /// <param name="cancellationToken">Cancelled when the client has left.</param>
    /// <returns>The account. Null: the token is not valid.</returns>
    /// <exception cref="TokenReviewException">The API server cannot say now.</exception>
    ValueTask<Reader?> ReviewAsync(string token, CancellationToken cancellationToken);
}
